import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isEid } from "../../protocol/eid.ts";

/** Thirty digits with the two that make the whole leave 1 when divided by 97. */
const complete = (body: string) => body + String(98n - ((BigInt(body) * 100n) % 97n)).padStart(2, "0");

const bodies = fc.stringMatching(/^89[0-9]{28}$/);

describe("EIDs", () => {
  test("a number worked out by hand is one", () => {
    // Divided by 97, 10^30 leaves 85 and 89 · 10^30 leaves 96, so 2 more make 98, which leaves 1.
    expect(isEid("89000000000000000000000000000002")).toBe(true);
    expect(isEid("89000000000000000000000000000003")).toBe(false);
  });

  test("every completed number is one, and no other check is", () => {
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 96 }), (body, add) => {
        const eid = complete(body);
        const other = body + String((Number(eid.slice(-2)) + add) % 97).padStart(2, "0");
        expect(isEid(eid)).toBe(true);
        expect(isEid(other)).toBe(BigInt(other) % 97n === 1n);
      }),
    );
  });

  test("every single wrong digit is noticed, and every two neighbours that changed places", () => {
    fc.assert(
      fc.property(
        bodies,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (body, at, add) => {
          const eid = complete(body);
          const wrong = String((Number(eid[at]) + add) % 10);
          expect(isEid(eid.slice(0, at) + wrong + eid.slice(at + 1))).toBe(false);
          const [a = "", b = ""] = eid.slice(at, at + 2);
          const swapped = eid.slice(0, at) + b + a + eid.slice(at + 2);
          expect(isEid(swapped)).toBe(a === b);
        },
      ),
    );
  });

  test.each([
    "",
    "8900000000000000000000000000001",
    "089000000000000000000000000000002",
    " 89000000000000000000000000000002",
    "89000000000000000000000000000002\n",
    "-9000000000000000000000000000002",
    "0x000000000000000000000000000001",
    "８9000000000000000000000000000002",
  ])("%j is none", (text) => {
    expect(isEid(text)).toBe(false);
  });
});
