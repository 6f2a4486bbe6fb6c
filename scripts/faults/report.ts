/** The table of faults, and the last line. Pure. */

import type { Ending } from "./invariants.ts";
import type { Outcome } from "./run.ts";
import { missed, type SuiteResult } from "./suite.ts";

interface Row {
  /** Purchases that the fault struck. */
  injected: number;
  /** Of those, the ones on which every rule held. */
  survived: number;
  readonly endings: Record<Ending, number>;
}

export function faultTable(outcomes: readonly Outcome[]): string {
  const rows = new Map<string, Row>();
  for (const { plan, struck, ending, violations } of outcomes) {
    const names = plan.faults.length === 0 ? ["(no fault)"] : [...struck].map(({ name }) => name);
    for (const name of names) {
      const row = rows.get(name) ?? {
        injected: 0,
        survived: 0,
        endings: { delivered: 0, refunded: 0, unpaid: 0 },
      };
      row.injected++;
      if (violations.length === 0) row.survived++;
      row.endings[ending]++;
      rows.set(name, row);
    }
  }
  const header = ["fault", "injected", "survived", "delivered", "refunded", "unpaid"];
  const lines = [...rows].map(([name, { injected, survived, endings }]) =>
    [name, injected, survived, endings.delivered, endings.refunded, endings.unpaid].map(String),
  );
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const text = (line: readonly string[]) =>
    line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return [header, ...lines].map((line) => text(line).join("  ")).join("\n");
}

/** Faults that were planned and never came about: they prove nothing. */
export function missing({ named }: SuiteResult): readonly string[] {
  const struck = new Set(named.flatMap((made) => [...made.struck].map(({ name }) => name)));
  const planned = named.filter(missed).flatMap(({ plan }) => plan.faults.map(({ name }) => name));
  return [...new Set(planned.filter((name) => !struck.has(name)))];
}

export function summary(result: SuiteResult, seed: number, seconds: number): string {
  const { random, violations } = result;
  return `${random.length} purchases, ${violations.length} violations, seed ${seed}, ${Math.round(seconds)} s`;
}
