/**
 * The origin's log: one line a decision, from a closed set. Never a signature, token, key or activation code.
 *
 * A purchase's lines all have its `order`, and its `transaction` wherever that is known.
 */

import type { ErrorCode } from "../protocol/errors.ts";

export type OriginLogEvent =
  | { readonly event: "request_refused"; readonly code: ErrorCode; readonly path: string }
  | {
      readonly event: "purchase_claimed";
      readonly order: string;
      readonly state: string;
      readonly payer: string;
      readonly chain: string;
      /** Atomic units. */
      readonly amount: string;
      readonly agent: string | null;
      readonly device: string | null;
      /** Where the edge settled it. */
      readonly transaction: string | null;
    }
  | {
      readonly event: "purchase_replayed";
      readonly order: string;
      readonly state: string;
      readonly transaction: string | null;
    }
  | {
      readonly event: "purchase_moved";
      readonly order: string;
      readonly state: string;
      readonly transaction: string | null;
      /** What happened to it: a release at the supplier leaves the state as it was. */
      readonly change: string;
      /** From the settlement to the goods, milliseconds; null for any other change. */
      readonly ms: number | null;
      /** The refund's transaction. */
      readonly refund: string | null;
    }
  /** An order's answer leaves: the goods, where the status is 200. `transaction` is null where nobody looked. */
  | {
      readonly event: "content_returned";
      readonly order: string;
      readonly transaction: string | null;
      readonly status: number;
    }
  /** Before a payment is handed over: from here on the money may move, whatever else is heard. */
  | { readonly event: "settlement_submitted"; readonly order: string; readonly chain: string }
  | {
      readonly event: "refund_submitted";
      readonly order: string;
      readonly outcome: string;
      readonly transaction: string | null;
    }
  | { readonly event: "refund_lost"; readonly order: string }
  | {
      readonly event: "release_refused";
      readonly order: string;
      readonly esim: string;
      readonly reason: string;
    }
  | {
      readonly event: "settlement_retried";
      readonly order: string;
      readonly outcome: string;
      readonly transaction: string | null;
    }
  | {
      readonly event: "supplier_failed";
      readonly order: string;
      readonly reason: string;
      readonly code: string;
    }
  /** Its owner took an eSIM off the network, or put it back. */
  | { readonly event: "esim_suspended"; readonly order: string; readonly esim: string }
  | { readonly event: "esim_resumed"; readonly order: string; readonly esim: string }
  | { readonly event: "transfer_unmatched"; readonly chain: string; readonly transaction: string }
  | { readonly event: "payment_landed_late"; readonly order: string; readonly transaction: string }
  | { readonly event: "payment_unclaimed"; readonly order: string; readonly transaction: string }
  /** An order could not be put into the work queue; the sweeper takes it up. */
  | { readonly event: "hand_over_failed"; readonly order: string; readonly error: string }
  /** An item of the table that nobody works on, because it can't be read. Once for each item and process. */
  | { readonly event: "item_unreadable"; readonly key: string }
  | { readonly event: "sweep_failed"; readonly order: string; readonly error: string }
  /** What the refund wallet holds. Atomic units of USDC. */
  | { readonly event: "refund_wallet_seen"; readonly chain: string; readonly balance: string }
  /** Our credit at the supplier. US dollars × 10,000. */
  | { readonly event: "supplier_balance_seen"; readonly balance: string }
  /** The oldest purchase that is not at rest, and for how long something is to be done; nothing and 0 where there is none. */
  | { readonly event: "unfinished_seen"; readonly order: string | null; readonly seconds: number }
  /** What the supplier had for a refill. */
  | {
      readonly event: "pool_refilled";
      readonly plan: string;
      readonly order: string;
      readonly esims: number;
    }
  /** Taken for a purchase that did not get it; for sale again. */
  | {
      readonly event: "pool_returned";
      readonly plan: string;
      readonly order: string;
      readonly esim: string;
    }
  /** Given back to the supplier. */
  | { readonly event: "pool_retired"; readonly plan: string; readonly esim: string }
  /** What is ready to be handed out. */
  | { readonly event: "pool_level_seen"; readonly plan: string; readonly ready: number }
  /** A pool that could not be read, or not be tended. */
  | { readonly event: "pool_failed"; readonly plan: string; readonly error: string }
  /** The issuer of usage records did not answer; what is stored stands. */
  | { readonly event: "usage_unavailable"; readonly esim: string; readonly detail: string }
  /** A usage record that does not count. */
  | { readonly event: "usage_refused"; readonly esim: string; readonly reason: string }
  /** A buyer contests what was counted. */
  | { readonly event: "esim_disputed"; readonly order: string; readonly esim: string }
  /** An eSIM that is disputed, or that another one replaces, could not be suspended. */
  | {
      readonly event: "suspension_failed";
      readonly order: string;
      readonly esim: string;
      readonly reason: string;
    }
  /** A device got its eSIM of an allotment; `replayed`: the one that it had. */
  | {
      readonly event: "allotment_drawn";
      readonly order: string;
      readonly item: number;
      readonly device: string;
      readonly replayed: boolean;
    }
  /** Nothing more is drawn; what nobody drew goes back. */
  | { readonly event: "allotment_closed"; readonly order: string; readonly undrawn: number }
  /** The buyer's webhook took the news of what became of the order. */
  | {
      readonly event: "webhook_sent";
      readonly order: string;
      readonly state: string;
      readonly attempt: number;
    }
  /** It did not. Nothing of its URL or its answer but a status code. */
  | {
      readonly event: "webhook_failed";
      readonly order: string;
      readonly state: string;
      readonly attempt: number;
      readonly reason: string;
    }
  /** A notification of the supplier's, by a type of ours. `isNew`: it was not sent before. */
  | {
      readonly event: "webhook_received";
      readonly type: string;
      readonly isNew: boolean;
      /** Ours that it names, where that is new of an order. */
      readonly order: string | null;
    }
  /** Somebody who is not the supplier, or what can't be read as a notification. */
  | { readonly event: "webhook_refused"; readonly reason: string }
  /** A source that a watch could not read. */
  | { readonly event: "watch_failed"; readonly source: string; readonly reason: string }
  /** Spans did not reach the collector. */
  | { readonly event: "trace_export_failed"; readonly error: string }
  | { readonly event: "internal_error"; readonly error: string };

/** A decision with the trace that it belongs to; null or nothing outside of any. */
export type TracedOriginEvent = OriginLogEvent & { readonly trace_id?: string | null };
