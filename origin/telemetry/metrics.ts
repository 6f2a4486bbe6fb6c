/** What the origin's events count for; pure. */

import { count, type MetricDatum } from "../../protocol/emf.ts";
import type { OriginLogEvent } from "../log.ts";

/** The parts of one unit: USDC has six decimals, the supplier's dollars four. */
const USDC_UNITS = 1e6;
const SUPPLIER_UNITS = 1e4;

export function originMetrics(event: OriginLogEvent): readonly MetricDatum[] {
  switch (event.event) {
    case "purchase_claimed":
      return [purchase(event.state)];
    case "purchase_moved":
      return moved(event);
    case "payment_landed_late":
    case "payment_unclaimed":
      return [purchase("refund_due"), refund("due")];
    case "refund_lost":
      return [refund("lost")];
    case "supplier_failed":
    case "release_refused":
      return [count("SupplierFailures", { Reason: event.reason })];
    case "transfer_unmatched":
      return [count("UnmatchedTransfers", { Chain: event.chain })];
    case "sweep_failed":
      return [count("SweepFailures", {})];
    case "internal_error":
      return [count("OriginErrors", {})];
    case "refund_wallet_seen": {
      const { chain, balance } = event;
      return [{ name: "RefundWallet", value: Number(balance) / USDC_UNITS, dimensions: { Chain: chain } }];
    }
    case "supplier_balance_seen":
      return [{ name: "SupplierBalance", value: Number(event.balance) / SUPPLIER_UNITS, dimensions: {} }];
    case "unfinished_seen":
      return [{ name: "OldestUnfinished", value: event.seconds, dimensions: {} }];
    case "pool_level_seen":
      return [{ name: "PoolLevel", value: event.ready, dimensions: { Plan: event.plan } }];
    case "usage_refused":
      return [count("RefusedUsageRecords", {})];
    case "esim_disputed":
      return [count("Disputes", {})];
    case "request_refused":
    case "purchase_replayed":
    case "content_returned":
    case "settlement_submitted":
    case "settlement_retried":
    case "refund_submitted":
    case "hand_over_failed":
    case "item_unreadable":
    case "esim_suspended":
    case "esim_resumed":
    case "pool_refilled":
    case "pool_returned":
    case "pool_retired":
    case "pool_failed":
    case "usage_unavailable":
    case "suspension_failed":
    case "allotment_drawn":
    case "allotment_closed":
    case "webhook_sent":
    case "webhook_failed":
    case "webhook_received":
    case "webhook_refused":
    case "watch_failed":
    case "trace_export_failed":
      return [];
  }
}

const UNCOUNTED: readonly string[] = ["released", "suspended", "part_returned", "kept", "kept_rest"];

function moved({ state, change, ms }: Extract<OriginLogEvent, { event: "purchase_moved" }>): MetricDatum[] {
  // Nothing new for the money, or the end of a wish that came to nothing.
  if (UNCOUNTED.includes(change)) return [];
  // The owner wants it: no sale that failed.
  if (change === "returned") return [refund("returned")];
  const counted: MetricDatum[] = [purchase(state)];
  if (ms !== null) {
    counted.push({ name: "ProvisioningLatency", value: ms, dimensions: {} });
  }
  if (state === "refund_due") counted.push(refund("due"));
  if (state === "refund_blocked") counted.push(refund("blocked"));
  if (state === "refunded") counted.push(refund("refunded"));
  return counted;
}

function purchase(state: string) {
  return count("Purchases", { State: state });
}

function refund(outcome: string) {
  return count("Refunds", { Outcome: outcome });
}
