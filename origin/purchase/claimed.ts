/** How a purchase begins. Pure. */

import type { Hex } from "../../protocol/hex.ts";
import { appendEvent, type PurchaseEvent } from "./ledger.ts";
import type { Purchase } from "./purchase.ts";

export type NewPurchase = Pick<
  Purchase,
  | "id"
  | "claimId"
  | "grantId"
  | "x402Version"
  | "network"
  | "authorization"
  | "signature"
  | "invoiceId"
  | "replayKeys"
  | "fingerprint"
  | "goods"
  | "agentId"
  | "createdAt"
  | "dueAt"
> & {
  readonly webhookUrl: string | null;
};

/** How a purchase begins: with the money known to be ours, with that open, or with the money still the buyer's. */
export type Beginning =
  | { readonly state: "settled"; readonly transaction: Hex }
  | { readonly state: "settling" }
  | { readonly state: "reserved" };

export function claimed({ webhookUrl, ...fields }: NewPurchase, beginning: Beginning): Purchase {
  const transaction = beginning.state === "settled" ? beginning.transaction : null;
  const event: PurchaseEvent = {
    type: "claimed",
    state: beginning.state,
    price: fields.authorization.value.toString(),
    fingerprint: fields.fingerprint,
    invoice: fields.invoiceId,
    transaction,
  };
  return {
    ...fields,
    version: 1,
    state: beginning.state,
    transaction,
    settledAt: transaction === null ? null : fields.createdAt,
    pooled: null,
    placements: null,
    later: [],
    release: "none",
    suspend: "none",
    delivery: null,
    choice: null,
    missing: null,
    refund: null,
    returned: [],
    giveBack: null,
    webhook:
      webhookUrl === null ? null : { url: webhookUrl, state: "none", since: fields.createdAt, attempts: 0 },
    reason: null,
    archived: 0,
    ledger: appendEvent([], fields.createdAt, event),
  };
}
