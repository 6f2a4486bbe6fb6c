/** What a chain can say of an authorization, whoever asks it and by whichever client. */

import type { Hex } from "./hex.ts";

export type AuthorizationState =
  | { readonly kind: "used" }
  /** Unused as of a block with this timestamp, Unix seconds. */
  | { readonly kind: "unused"; readonly blockTime: bigint }
  | { readonly kind: "unreachable" };

export type SettlementSearch =
  | { readonly kind: "found"; readonly transaction: Hex }
  /** The nonce went to a cancellation, or to a transfer of another amount or to another account. */
  | { readonly kind: "used_elsewhere" }
  | { readonly kind: "not_found" }
  | { readonly kind: "unreachable" };
