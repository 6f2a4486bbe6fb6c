/**
 * What an owner gives back is paid back, line by line: paid is delivered plus refunded to the atomic unit, for any wishes
 * and phones, and wherever a process dies.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkRecord } from "../../../origin/archive/check-record.ts";
import { archiveRecord } from "../../../origin/archive/record.ts";
import { giveBackLines } from "../../../origin/purchase/give-back.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import { deliveredIn, expectSquare } from "../../builders/batch.ts";
import { storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { bought, got, MIXED, openShop, type Shop } from "./batch-shop.ts";
import { anyCrash, mortal, times, untilDeath } from "./mortal.ts";

const BUDGET_MS = 8_000;

const anyLines = fc.subarray(MIXED.map((_, line) => line));

/** B can't be had, so that a part is refunded before anybody gives anything back. */
const PARTLY = { B: { refuses: "out_of_stock" } } as const;

const fates = { "all of it delivered": {}, "a part refunded before": PARTLY } as const;

function ask({ world }: Shop, lines: readonly number[], ports: PurchasePorts): Promise<Purchase | undefined> {
  return giveBackLines(storedIn(world), lines, ports, world.clock.now() + BUDGET_MS);
}

/** Phones install the eSIMs of these lines. */
function install({ world, supplier }: Shop, lines: readonly number[]): void {
  for (const line of lines) supplier.installed.add(deliveredIn(storedIn(world))[line] ?? "");
}

/** Looks at goods and money, and at what was asked for: all that could go back did, and nothing else. */
function expectReturned(
  shop: Shop,
  before: readonly (string | null)[],
  asked: readonly number[],
  installed: readonly number[],
): void {
  const purchase = storedIn(shop.world);
  expectSquare(shop.world, shop.supplier, purchase);
  expect(checkRecord(archiveRecord(purchase))).toEqual([]);
  const due = asked.filter((line) => before[line] !== null && !installed.includes(line));
  expect(purchase.returned.map(({ line }) => line).toSorted()).toEqual(due);
  expect(purchase.returned.every(({ line, esimTranNo }) => before[line] === esimTranNo)).toBe(true);
  const { refund, state } = purchase;
  expect(state).toBe(refund === null ? "delivered" : "refunded");
  const refunded = shop.world.chain.refunds.reduce((sum, { authorization }) => sum + authorization.value, 0n);
  expect((refund?.earlier ?? 0n) + (refund?.amount ?? 0n)).toBe(refunded);
}

describe.each(Object.entries(fates))("an order with %s", (_, fate) => {
  test("is square after any wishes, one after the other, whatever phones have installed", async () => {
    await fc.assert(
      fc.asyncProperty(anyLines, anyLines, anyLines, async (first, second, installed) => {
        const shop = openShop(fate);
        const before = deliveredIn(await bought(shop));
        install(shop, installed);
        for (const lines of [first, second]) {
          await ask(shop, lines, shop.ports);
          await sweepToRest(shop.world, shop.ports);
        }
        const asked = [...new Set([...first, ...second])].toSorted();
        expectReturned(shop, before, asked, installed);
      }),
      { numRuns: 20 },
    );
  });

  const ASKED = [0, 3, 5];
  const INSTALLED = [3];

  test.each(times)("is square whichever call the process dies at, %s", async (when) => {
    const unhurt = openShop(fate);
    await bought(unhurt);
    install(unhurt, INSTALLED);
    const { ports, calls } = mortal(unhurt.ports);
    await ask(unhurt, ASKED, ports);
    expect(calls()).toBeGreaterThan(8);

    for (let call = 1; call <= calls(); call++) {
      const shop = openShop(fate);
      const before = deliveredIn(await bought(shop));
      install(shop, INSTALLED);
      const dying = mortal(shop.ports, { call, when });
      await untilDeath(() => ask(shop, ASKED, dying.ports));
      expect(dying.isDead()).toBe(true);
      const isAsked = storedIn(shop.world).giveBack !== null;
      await sweepToRest(shop.world, shop.ports);
      expectReturned(shop, before, isAsked ? ASKED : [], INSTALLED);
    }
  });

  test("is square while owners and sweepers work on it at once, and each may die", async () => {
    const crash = anyCrash(30);
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(crash, crash, crash, crash),
        anyLines,
        anyLines,
        async ([one, two, three, four], lines, others) => {
          const shop = openShop(fate);
          const before = deliveredIn(await bought(shop));
          install(shop, INSTALLED);
          const owners = [
            untilDeath(() => ask(shop, lines, mortal(shop.ports, one).ports)),
            untilDeath(() => ask(shop, others, mortal(shop.ports, two).ports)),
          ];
          await shop.world.clock.sleep(100);
          const sweepers = [three, four].map((at) =>
            untilDeath(async () => {
              const dying = mortal(shop.ports, at);
              for (let sweeps = 0; sweeps < 3; sweeps++) await sweepOnce(shop.world, dying.ports);
            }),
          );
          await Promise.all([...owners, ...sweepers]);
          await sweepToRest(shop.world, shop.ports);
          const asked = storedIn(shop.world)
            .ledger.map(({ event }) => JSON.parse(event))
            .flatMap(({ type, lines: wished }) => (type === "return_asked" ? wished : []));
          expect(asked.every((line: number) => lines.includes(line) || others.includes(line))).toBe(true);
          expectReturned(shop, before, [...new Set<number>(asked)].toSorted(), INSTALLED);
        },
      ),
      { numRuns: 20 },
    );
  });
});

test("fifty eSIMs go back in one refund", async () => {
  const shop = openShop();
  await bought(
    shop,
    Array.from({ length: 50 }, () => "A" as const),
  );
  await ask(
    shop,
    Array.from({ length: 50 }, (_, line) => line),
    shop.ports,
  );
  expect(got(storedIn(shop.world))).toBe("-".repeat(50));
  expectSquare(shop.world, shop.supplier, storedIn(shop.world));
  expect(shop.world.chain.refunds).toHaveLength(1);
});
