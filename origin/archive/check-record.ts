/**
 * Whether a record says the same as its own ledger. Pure.
 *
 * The ledger's hashes bind its entries to each other; this binds the record's facts to them: the order id is a hash
 * over network, asset, payer and nonce, and the first entry names price, fingerprint and invoice.
 */

import * as v from "valibot";
import { orderId } from "../../protocol/order.ts";
import { bytes32Schema } from "../../protocol/schema.ts";
import { parseJson } from "../../protocol/text.ts";
import { isIntact } from "../purchase/ledger.ts";
import { isPurchaseState, nextState, type PurchaseState } from "../purchase/states.ts";
import type { RecordFault } from "./finding.ts";
import type { ArchiveRecord } from "./record.ts";

const eventSchema = v.looseObject({ type: v.string() });

const claimSchema = v.object({
  type: v.literal("claimed"),
  state: v.string(),
  price: v.string(),
  fingerprint: bytes32Schema,
  invoice: v.nullable(v.string()),
  transaction: v.nullable(bytes32Schema),
});

/** The events that say by which transaction the money came. */
const settledSchema = v.object({
  type: v.picklist(["settled", "earned", "landed_late"]),
  transaction: bytes32Schema,
});

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
    ...stateFaults(record, claim.output.state, events),
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

/** Walks the ledger through the table of transitions: every event must be possible where it stands. */
function stateFaults(
  { state }: ArchiveRecord,
  claimed: string,
  events: readonly ReturnType<typeof parseEvent>[],
): RecordFault[] {
  let reached: PurchaseState | undefined = isPurchaseState(claimed) ? claimed : undefined;
  for (const event of events.slice(1)) {
    if (reached === undefined) break;
    reached = nextState(reached, event?.type ?? "unreadable");
  }
  if (state === reached) return [];
  return [fault("state_wrong", `the state is ${state}, and the ledger leads to ${reached ?? "nowhere"}`)];
}

function when(isWrong: boolean, detail: string): RecordFault[] {
  return isWrong ? [fault("facts_wrong", detail)] : [];
}

function fault(kind: RecordFault["kind"], detail: string): RecordFault {
  return { kind, detail };
}
