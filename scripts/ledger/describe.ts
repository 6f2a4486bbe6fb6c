/** Findings and the verdict, as lines for a person and as JSON. */

import type { Finding } from "../../origin/archive/finding.ts";
import type { Verification } from "../../origin/archive/verify.ts";

/** "batch 3 (batches/bafkrei….ndjson), line 5, ord_…: state_wrong: …" */
export function findingLine({ kind, object, batch, line, order, detail }: Finding): string {
  const name = object ?? "the chain";
  const places = [
    batch === null ? name : `batch ${batch} (${name})`,
    ...(line === null ? [] : [`line ${line}`]),
    ...(order === null ? [] : [order]),
  ];
  return printable(`${places.join(", ")}: ${kind}: ${detail}`);
}

export function summaryLine({ findings, batches, records, purchases, head }: Verification): string {
  const counts = `${count(batches, "batch", "batches")}, ${count(records, "record", "records")}, ${count(purchases, "purchase", "purchases")}`;
  const verdict =
    findings.length === 0 ? "Proven" : `NOT proven, ${count(findings.length, "finding", "findings")}`;
  return `${verdict}: ${counts}, head ${head === null ? "unknown" : head.cid}.`;
}

export function verificationJson({ findings, ...rest }: Verification) {
  return { proven: findings.length === 0, ...rest, findings };
}

/** An archive that was tampered with may hold anything, so also what would steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** "1 item", "3 items". */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
