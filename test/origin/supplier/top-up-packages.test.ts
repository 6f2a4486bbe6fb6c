/** The package behind a top-up holds what was sold, costs less than what was paid, and is the smallest that does. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { PackagesResult } from "../../../origin/supplier/port.ts";
import { cachedTopUps, packageFor } from "../../../origin/supplier/top-up-packages.ts";
import { usdc } from "../../../protocol/money.ts";
import { topUpPackage } from "../../builders/top-ups.ts";

const anyPackage = fc
  .tuple(fc.integer({ min: 1, max: 5_000 }), fc.bigInt({ min: 0n, max: 100_000n }))
  .map(([dataMb, unitPrice]) => topUpPackage(dataMb, unitPrice));

test("whatever the supplier lists, nothing is sold under its cost and the margin, nor too little", () => {
  fc.assert(
    fc.property(
      fc.array(anyPackage, { maxLength: 12 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.bigInt({ min: 1n, max: 10_000_000n }),
      fc.integer({ min: 0, max: 1_000 }),
      (packages, dataMb, paid, marginPercent) => {
        const asked = BigInt(dataMb) * 1_048_576n;
        // In the smallest parts that both moneys have, so that nothing is rounded.
        const serves = ({ volumeBytes, unitPrice }: (typeof packages)[number]) =>
          volumeBytes >= asked && unitPrice * 100n * BigInt(100 + marginPercent) <= paid * 100n;
        const found = packageFor({ dataMb, price: usdc(paid) }, packages, marginPercent);
        expect(found !== undefined).toBe(packages.some(serves));
        if (found === undefined) return;
        expect(serves(found)).toBe(true);
        for (const other of packages.filter(serves)) {
          expect(other.volumeBytes).toBeGreaterThanOrEqual(found.volumeBytes);
          if (other.volumeBytes === found.volumeBytes)
            expect(other.unitPrice).toBeGreaterThanOrEqual(found.unitPrice);
        }
      },
    ),
  );
});

test("the supplier is asked once a minute for an eSIM, and again at once where it did not answer", async () => {
  let now = 0;
  const asked: (string | undefined)[] = [];
  const answers: PackagesResult[] = [{ kind: "unknown", detail: "timeout" }];
  const packages = async ({ iccid }: { readonly iccid?: string }): Promise<PackagesResult> => {
    asked.push(iccid);
    return answers.shift() ?? { kind: "ok", packages: [topUpPackage(50, 1n)] };
  };
  const fitting = cachedTopUps({ packages }, () => now);
  expect(await fitting("1")).toMatchObject({ kind: "unknown" });
  expect(await fitting("1")).toMatchObject({ kind: "ok" });
  now += 59_999;
  await fitting("1");
  await fitting("2");
  expect(asked).toEqual(["1", "1", "2"]);
  now += 1;
  await fitting("1");
  expect(asked).toEqual(["1", "1", "2", "1"]);
});
