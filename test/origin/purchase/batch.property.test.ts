/** Orders of several eSIMs: paid is delivered plus refunded, for any mix of failures and wherever a process dies. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import { sharedOut } from "../../../origin/purchase/shares.ts";
import { usdc } from "../../../protocol/money.ts";
import {
  batchRequest,
  expectSquare,
  type Fate,
  linesOf,
  type PackageCode,
  packageCodes,
  priceOf,
} from "../../builders/batch.ts";
import { TRANSACTION } from "../../builders/origin-ports.ts";
import { VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { bought, got, MIXED, openShop, type Shop } from "./batch-shop.ts";
import { anyCrash, mortal, times, untilDeath } from "./mortal.ts";

const anyPackages = fc.array(fc.constantFrom(...packageCodes), { minLength: 1, maxLength: 50 });

const anyFate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant({}),
  fc.constantFrom<Fate>({ refuses: "out_of_stock" }, { refuses: "price_moved" }),
  fc.constant({ losesAnswer: true }),
  fc.record({ allocationMs: fc.constantFrom(500, 59_000, 61_000, 600_000) }),
  fc.record({ gone: fc.integer({ min: 1, max: 31 }), losesAnswer: fc.boolean() }),
);

const anyFates = fc.record({ A: anyFate, B: anyFate, C: anyFate });

describe("any order, whatever fails of it", () => {
  test("is delivered or refunded to the atomic unit, and leaves nothing at the supplier", async () => {
    await fc.assert(
      fc.asyncProperty(anyPackages, anyFates, async (packages, fates) => {
        await bought(openShop(fates), packages);
      }),
      { numRuns: 60 },
    );
  });

  test("is shared out so that its lines add up to what was paid", () => {
    fc.assert(
      fc.property(anyPackages, fc.bigInt({ min: 1n, max: 10n ** 9n }), (packages, paid) => {
        const lines = linesOf(packages);
        const shared = sharedOut({ kind: "esims", lines }, usdc(paid));
        if (shared.kind !== "esims") throw new Error("eSIMs were expected");
        expect(priceOf(shared.lines)).toBe(paid);
        const listed = priceOf(lines);
        for (const [position, { price }] of shared.lines.entries()) {
          const exact = paid * (lines[position]?.price ?? 0n);
          const error = price * listed - exact;
          const isLast = position === lines.length - 1;
          expect(isLast ? error >= 0n : error <= 0n && -error < listed).toBe(true);
        }
      }),
    );
  });

  test("at another sum than its list price is delivered or refunded to the atomic unit, too", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyPackages,
        fc.bigInt({ min: 1n, max: 10n ** 8n }),
        fc.subarray([...packageCodes]),
        async (packages, paid, refused) => {
          const fates = Object.fromEntries(
            refused.map((code) => [code, { refuses: "out_of_stock" } as const]),
          );
          const { world, supplier, ports } = openShop(fates);
          world.chain.landsAt = 0;
          const request = batchRequest(linesOf(packages));
          const authorization = { ...request.payment.authorization, value: usdc(paid) };
          await buy({ ...request, payment: { ...request.payment, authorization } }, ports);
          await sweepToRest(world, ports);
          expectSquare(world, supplier, storedIn(world));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("a process that dies in the middle of a batch", () => {
  const settlements = {
    "settled at the edge": { state: "settled", transaction: TRANSACTION },
    "settled by the origin": VERIFIED,
  } as const;
  const FATES: Readonly<Partial<Record<PackageCode, Fate>>> = { B: { refuses: "out_of_stock" } };

  /** The buyer asks until something is stored, then the sweeper goes on. */
  async function live(
    shop: Shop,
    settlement: (typeof settlements)[keyof typeof settlements],
    ports: PurchasePorts,
  ) {
    if (shop.world.store.all().length === 0) {
      if (settlement.state === "settled") shop.world.chain.landsAt = 0;
      await buy(batchRequest(linesOf(MIXED), { settlement }), ports);
    }
    await sweepToRest(shop.world, ports);
  }

  test.each(
    Object.entries(settlements).flatMap(([name, settlement]) =>
      times.map((when) => ({ name, settlement, when })),
    ),
  )("$name, $when at any call: goods and money are square", async ({ settlement, when }) => {
    const unhurt = openShop(FATES);
    const { ports, calls } = mortal(unhurt.ports);
    await live(unhurt, settlement, ports);
    for (let call = 1; call <= calls(); call++) {
      const shop = openShop(FATES);
      const dying = mortal(shop.ports, { call, when });
      await untilDeath(() => live(shop, settlement, dying.ports));
      expect(dying.isDead()).toBe(true);
      await live(shop, settlement, shop.ports);
      expectSquare(shop.world, shop.supplier, storedIn(shop.world));
      expect(got(storedIn(shop.world))).toBe("A-AC-A");
    }
  });

  test("again and again: goods and money are square", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyCrash(30), { minLength: 2, maxLength: 5 }),
        fc.constantFrom(...Object.values(settlements)),
        async (crashes, settlement) => {
          const shop = openShop(FATES);
          for (const crash of crashes) {
            await untilDeath(() => live(shop, settlement, mortal(shop.ports, crash).ports));
          }
          await live(shop, settlement, shop.ports);
          expectSquare(shop.world, shop.supplier, storedIn(shop.world));
        },
      ),
      { numRuns: 40 },
    );
  });
});
