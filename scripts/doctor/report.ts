/** The results as a table for a person, and as one line of JSON. */

import type { CheckResult, Status } from "./check.ts";

const MARKS: Readonly<Record<Status, string>> = { passed: "✓", failed: "✗", open: "–" };

/** Characters of a line; what a server made us quote ends here. */
const MAX_LINE = 400;

/** A line for each check, what to do about it below it, and a sentence at the end. */
export function reportText(results: readonly CheckResult[]): string {
  const width = Math.max(0, ...results.map(({ name }) => name.length));
  const indent = " ".repeat(width + 4);
  const lines = results.flatMap(({ name, status, finding, fix }) => {
    const [first = "", ...more] = finding.split("\n").map(printable);
    return [
      `${MARKS[status]} ${printable(name).padEnd(width)}  ${first}`,
      ...more.map((line) => indent + line),
      ...(fix === null ? [] : [`${indent}→ ${printable(fix)}`]),
    ];
  });
  return [...lines, "", summary(results)].join("\n");
}

export function reportJson(results: readonly CheckResult[]): string {
  return JSON.stringify({ ok: isHealthy(results), checks: results });
}

export function isHealthy(results: readonly CheckResult[]): boolean {
  return results.every(({ status }) => status !== "failed");
}

function summary(results: readonly CheckResult[]): string {
  const count = (wanted: Status) => results.filter(({ status }) => status === wanted).length;
  return `${count("passed")} passed, ${count("failed")} failed, ${count("open")} not checked or for information.`;
}

/** A server that is being checked may answer anything, so also what would steer the terminal. */
function printable(text: string): string {
  const safe = text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return safe.length > MAX_LINE ? `${safe.slice(0, MAX_LINE)}…` : safe;
}
