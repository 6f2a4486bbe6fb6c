/** One purchase's history, for a person who has to settle a dispute. */

import { parseEvent } from "../../origin/archive/check-record.ts";
import type { Finding } from "../../origin/archive/finding.ts";
import { type ArchiveRecord, recordJson } from "../../origin/archive/record.ts";
import type { Verification } from "../../origin/archive/verify.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { formatUsdc, parseUint256, usdc } from "../../protocol/money.ts";
import { findingLine, printable, summaryLine, verificationJson } from "./describe.ts";
import type { FoundPurchase } from "./search.ts";
import { utc, utcOfSeconds } from "./time.ts";

export function showText(purchases: readonly FoundPurchase[], verification: Verification): readonly string[] {
  const found = purchases.flatMap((purchase) => [...purchaseLines(purchase, verification.findings), ""]);
  const none = ["The archive has no such purchase.", ""];
  return [...(found.length > 0 ? found : none), `Archive: ${summaryLine(verification)}`];
}

export function showJson(purchases: readonly FoundPurchase[], verification: Verification) {
  return {
    purchases: purchases.map(({ record, places }) => ({
      ...recordJson(record),
      explorer: explorerLink(record),
      places,
      findings: findingsOf(record, verification.findings),
    })),
    archive: verificationJson(verification),
  };
}

function purchaseLines({ record, places }: FoundPurchase, findings: readonly Finding[]): readonly string[] {
  const { network } = record;
  const own = findingsOf(record, findings);
  const facts: readonly (readonly [name: string, value: string])[] = [
    ["State", record.state],
    ["Bought", goodsText(record.goods)],
    ["Amount", `${formatUsdc(record.amount)} USDC on ${network.label} (${network.caip2})`],
    ["Payer", checksumAddress(record.payer)],
    ["Paid to", checksumAddress(record.payTo)],
    ["Token", checksumAddress(record.asset)],
    ["Nonce", record.nonce],
    ["Valid before", utcOfSeconds(record.validBefore)],
    ["Transaction", record.transaction ?? "none"],
    ["Explorer", explorerLink(record) ?? "none"],
    ["Fingerprint", record.fingerprint],
    ["Invoice", record.invoice ?? "none"],
  ];
  return [
    `Order ${record.order}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(13)} ${value}`),
    "Timeline (UTC)",
    ...record.ledger.map(({ at, event }) => `  ${utc(at)}  ${eventText(event)}`),
    "Archived in",
    ...places.map(({ batch, cid, line }) => `  batch ${batch}, line ${line}, ${cid}`),
    own.length === 0 ? "Ledger check: holds" : "Ledger check: DOES NOT HOLD",
    ...own.map((finding) => `  ${findingLine(finding)}`),
  ].map(printable);
}

function findingsOf({ order }: ArchiveRecord, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.order === order);
}

function explorerLink({ network, transaction }: ArchiveRecord): string | null {
  return transaction === null ? null : `${network.explorerTx}${transaction}`;
}

function goodsText(goods: ArchiveRecord["goods"]): string {
  switch (goods.kind) {
    case "esims":
      return `eSIM plans: ${goods.plans.join(", ")}`;
    case "resource":
      return `resource ${goods.path}`;
    case "topup":
      return `${goods.dataMb} MB more for item ${goods.item} of ${goods.order}`;
    case "unavailable":
      return `nothing that the origin knew (${goods.reason})`;
  }
}

/** "delivered  goods tran-1": the event's type and whatever else it says, so that events to come are shown too. */
function eventText(text: string): string {
  const event = parseEvent(text);
  if (event === undefined) return `unreadable  ${text}`;
  const { type, ...said } = event;
  const parts = Object.entries(said).flatMap(([name, value]) => {
    if (value === null) return [];
    return [`${name} ${name === "price" ? priceText(value) : valueText(value)}`];
  });
  return `${type.padEnd(10)} ${parts.join(", ")}`.trimEnd();
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function priceText(value: unknown): string {
  const amount = typeof value === "string" ? parseUint256(value) : undefined;
  return amount === undefined ? valueText(value) : `${formatUsdc(usdc(amount))} USDC`;
}
