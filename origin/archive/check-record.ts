/**
 * Whether a record says the same as its own ledger. Pure.
 *
 * The ledger's hashes bind its entries to each other; this binds the record's facts to them: the order id is a hash
 * over network, asset, payer and nonce, and the first entry names price, fingerprint and invoice.
 */

import * as v from "valibot";
import { entry } from "../../protocol/catalog.ts";
import { orderId } from "../../protocol/order.ts";
import { bytes32Schema } from "../../protocol/schema.ts";
import { parseJson } from "../../protocol/text.ts";
import { isIntact, type PurchaseEvent } from "../purchase/ledger.ts";
import type { PurchaseState } from "../purchase/purchase.ts";
import type { RecordFault } from "./finding.ts";
import type { ArchiveRecord } from "./record.ts";

/** The state that each event leads to; the claim itself says which. */
const stateAfter: Readonly<Record<Exclude<PurchaseEvent["type"], "claimed">, PurchaseState>> = {
  settled: "settled",
  voided: "void",
  ordered: "ordered",
  delivered: "delivered",
  failed: "refund_due",
};

const eventSchema = v.looseObject({ type: v.string() });

const claimSchema = v.object({
  type: v.literal("claimed"),
  state: v.string(),
  price: v.string(),
  fingerprint: bytes32Schema,
  invoice: v.nullable(v.string()),
  transaction: v.nullable(bytes32Schema),
});

const settledSchema = v.object({ type: v.literal("settled"), transaction: bytes32Schema });

/** An event of any version of the program, or undefined. */
export function parseEvent(text: string): v.InferOutput<typeof eventSchema> | undefined {
  const event = v.safeParse(eventSchema, parseJson(text)?.value);
  return event.success ? event.output : undefined;
}

export function checkRecord(record: ArchiveRecord): readonly RecordFault[] {
  if (record.ledger.length === 0) return [fault("ledger_broken", "the ledger is empty")];
  if (!isIntact(record.ledger)) return [fault("ledger_broken", "an entry does not hash to what it should")];
  const events = record.ledger.map(({ event }) => parseEvent(event));
  const claim = v.safeParse(claimSchema, events[0]);
  if (!claim.success) return [fault("ledger_broken", "it does not begin with a claim")];
  return [
    ...identityFaults(record),
    ...claimFaults(record, claim.output),
    ...transactionFaults(record, claim.output.transaction, events),
    ...stateFaults(record, claim.output.state, events.at(-1)),
  ];
}

function identityFaults({ order, network, asset, payer, nonce }: ArchiveRecord): RecordFault[] {
  return [
    ...when(order !== orderId({ network, payer, nonce }), "the order id is another payment's"),
    ...when(asset !== network.usdc.address.toLowerCase(), "the asset is not the network's USDC"),
  ];
}

function claimFaults(record: ArchiveRecord, claim: v.InferOutput<typeof claimSchema>): RecordFault[] {
  return [
    ...when(claim.price !== record.amount.toString(), "the amount is not the claimed one"),
    ...when(claim.fingerprint !== record.fingerprint, "the fingerprint is not the claimed one"),
    ...when(claim.invoice !== record.invoice, "the invoice is not the claimed one"),
  ];
}

function transactionFaults(
  { transaction }: ArchiveRecord,
  claimed: ArchiveRecord["transaction"],
  events: readonly unknown[],
): RecordFault[] {
  const settlements = events.flatMap((event) => {
    const settled = v.safeParse(settledSchema, event);
    return settled.success ? [settled.output.transaction] : [];
  });
  return when(transaction !== (settlements.at(-1) ?? claimed), "the transaction is not the ledger's");
}

function stateFaults(
  { state }: ArchiveRecord,
  claimed: string,
  last: ReturnType<typeof parseEvent>,
): RecordFault[] {
  const type = last?.type ?? "unreadable";
  const right = type === "claimed" ? claimed : entry<string>(stateAfter, type);
  if (state === right) return [];
  return [fault("state_wrong", `the state is ${state}, and the last event is ${type}`)];
}

function when(isWrong: boolean, detail: string): RecordFault[] {
  return isWrong ? [fault("facts_wrong", detail)] : [];
}

function fault(kind: RecordFault["kind"], detail: string): RecordFault {
  return { kind, detail };
}
