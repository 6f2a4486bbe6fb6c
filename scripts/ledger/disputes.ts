/** `ledger disputes`: eSIMs whose buyers contest what was counted. */

import { type DisputeEntry, listDisputes } from "../../origin/store/disputes.ts";
import type { Output } from "../command.ts";
import type { LedgerCommand } from "./command-line.ts";
import { count, printable } from "./describe.ts";
import { printListing } from "./listing.ts";
import { utc } from "./time.ts";

type OpenDispute = Extract<DisputeEntry, { kind: "dispute" }>;

/** @throws UsageError and StoreUnavailableError */
export function disputes(
  command: Extract<LedgerCommand, { kind: "disputes" }>,
  output: Output,
): Promise<number> {
  return printListing<OpenDispute>(command, output, {
    read: listDisputes,
    lines: disputeLines,
    total: (number) => `${count(number, "dispute is", "disputes are")} open.`,
    json: disputeJson,
    name: "disputes",
  });
}

function disputeLines({ key, head, dispute }: OpenDispute) {
  const { last, records, refused, unlisted } = head;
  return [
    `${dispute.iccid}, ${utc(dispute.at)} UTC`,
    `  Order        ${dispute.orderId}`,
    `  Buyer says   ${dispute.reason ?? "nothing"}`,
    `  Counted      ${last?.usedBytes ?? 0n} bytes by ${count(records, "record", "records")}; ${refused.length + unlisted} refused`,
    `  Suspended    ${dispute.suspension === "done" ? "yes" : "not yet: the supplier is asked every minute"}`,
    `  Key          ${key}`,
  ].map(printable);
}

function disputeJson({ key, head, dispute }: OpenDispute) {
  return {
    key,
    order: dispute.orderId,
    iccid: dispute.iccid,
    esim: head.esimTranNo,
    disputedAtMs: dispute.at,
    reason: dispute.reason,
    suspension: dispute.suspension,
    usedBytes: (head.last?.usedBytes ?? 0n).toString(),
    records: head.records,
    rejected: head.refused.length + head.unlisted,
  };
}
