/** The hash chain finds whatever is altered in a ledger. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendEvent, isIntact, type LedgerEntry } from "../../../origin/purchase/ledger.ts";
import { anyText } from "../../builders/arbitrary.ts";

const anyLedger = fc
  .array(fc.tuple(fc.nat(2_000_000_000_000), anyText), { minLength: 1, maxLength: 6 })
  .map((events) =>
    events.reduce(
      (ledger: readonly LedgerEntry[], [at, reason]) => appendEvent(ledger, at, { type: "voided", reason }),
      [],
    ),
  );

/** The text with the bits of `mask` flipped in its code unit at `index`. */
function flip(text: string, index: number, mask: number): string {
  const at = index % text.length;
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ mask) + text.slice(at + 1);
}

function replaceEntry(
  ledger: readonly LedgerEntry[],
  index: number,
  alter: (entry: LedgerEntry) => LedgerEntry,
): readonly LedgerEntry[] {
  return ledger.map((entry, at) => (at === index % ledger.length ? alter(entry) : entry));
}

const anyMask = fc.integer({ min: 1, max: 255 });

describe("isIntact", () => {
  test("holds for every ledger that was only appended to", () => {
    fc.assert(fc.property(anyLedger, (ledger) => isIntact(ledger)));
  });

  test("finds one altered byte of any event", () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(), fc.nat(), anyMask, (ledger, at, index, mask) => {
        const altered = replaceEntry(ledger, at, (entry) => ({
          ...entry,
          event: flip(entry.event, index, mask),
        }));
        return !isIntact(altered);
      }),
    );
  });

  test("finds one altered digit of any hash", () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(), fc.nat(63), anyMask, (ledger, at, index, mask) => {
        const altered = replaceEntry(ledger, at, (entry) => ({
          ...entry,
          hash: `0x${flip(entry.hash.slice(2), index, mask)}`,
        }));
        return !isIntact(altered);
      }),
    );
  });

  test("finds any altered time", () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(), fc.integer(), (ledger, at, by) => {
        fc.pre(by !== 0);
        return !isIntact(replaceEntry(ledger, at, (entry) => ({ ...entry, at: entry.at + by })));
      }),
    );
  });

  test("finds an entry dropped before the last, put in, or moved", () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(), anyText, (ledger, nat, reason) => {
        const at = nat % ledger.length;
        const forged = appendEvent(ledger.slice(0, at), 1, { type: "voided", reason });
        expect(isIntact([...forged, ...ledger.slice(at)])).toBe(false);
        if (at + 1 === ledger.length) return;
        expect(isIntact(ledger.toSpliced(at, 1))).toBe(false);
        const [first, second] = ledger.slice(at, at + 2);
        if (first === undefined || second === undefined) throw new Error("two entries were expected");
        expect(isIntact(ledger.toSpliced(at, 2, second, first))).toBe(false);
      }),
    );
  });
});
