/** `ledger disputes`: eSIMs whose buyers contest what was counted. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type DisputeEntry, listDisputes } from "../../origin/store/disputes.ts";
import { FAILED_EXIT_CODE, type Output } from "../command.ts";
import type { LedgerCommand } from "./command-line.ts";
import { count, printable } from "./describe.ts";
import { withTable } from "./table.ts";
import { utc } from "./time.ts";

type OpenDispute = Extract<DisputeEntry, { kind: "dispute" }>;

interface Listed {
  readonly disputes: readonly OpenDispute[];
  /** Keys. */
  readonly unreadable: readonly string[];
}

/** @throws UsageError and StoreUnavailableError */
export function disputes(
  { place, json }: Extract<LedgerCommand, { kind: "disputes" }>,
  output: Output,
): Promise<number> {
  return withTable(place, output, async (client) => {
    const listed = await list(client, place.table);
    for (const line of json ? [JSON.stringify(listedJson(listed))] : listedText(listed)) output.out(line);
    return listed.unreadable.length === 0 ? 0 : FAILED_EXIT_CODE;
  });
}

async function list(client: DynamoDBClient, table: string): Promise<Listed> {
  const open: OpenDispute[] = [];
  const unreadable: string[] = [];
  for await (const entry of listDisputes(client, table)) {
    if (entry.kind === "dispute") open.push(entry);
    else unreadable.push(entry.key);
  }
  return { disputes: open, unreadable };
}

function listedText({ disputes: open, unreadable }: Listed): readonly string[] {
  return [
    ...open.flatMap((entry) => [...disputeLines(entry), ""]),
    ...unreadable.map((key) => printable(`Can't be read: ${key}`)),
    `${count(open.length, "dispute is", "disputes are")} open.`,
    ...(unreadable.length === 0 ? [] : [`${count(unreadable.length, "item", "items")} can't be read.`]),
  ];
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

function listedJson({ disputes: open, unreadable }: Listed) {
  return {
    disputes: open.map(({ key, head, dispute }) => ({
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
    })),
    unreadable,
  };
}
