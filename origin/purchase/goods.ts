/** What a purchase may be of. Pure data. */

import type { Goods } from "../../protocol/offer.ts";

/** Where an eSIM stands that was sold earlier. */
export interface SoldEsim {
  /** The order that bought it. */
  readonly order: string;
  /** Of its line there. */
  readonly position: number;
  readonly esimTranNo: string;
}

/** Data on top of an eSIM. */
export interface TopUpGoods extends SoldEsim {
  readonly kind: "topup";
  readonly iccid: string;
  /** What was asked for; the package may hold more. */
  readonly dataMb: number;
  readonly packageCode: string;
  /** US dollars × 10,000. */
  readonly wholesale: bigint;
}

/** What was paid for; `unavailable` when the gateway sold what the origin does not know, as may happen between deployments. */
export type PurchasedGoods =
  | (Extract<Goods, { readonly kind: "esims" }> & {
      /** The eSIM in whose place this order's only one comes: it is suspended once that is delivered. */
      readonly replaces?: SoldEsim;
    })
  | Extract<Goods, { readonly kind: "resource" }>
  | TopUpGoods
  | { readonly kind: "unavailable"; readonly reason: string };
