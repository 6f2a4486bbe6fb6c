/** Buys an eSIM of the package A with a fallback of B. */

import { expect } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import { isFinished, type Purchase } from "../../../origin/purchase/purchase.ts";
import { batchRequest, linesOf } from "../../builders/batch.ts";
import { VERIFIED } from "../../builders/origin-purchase.ts";
import { storedIn, sweepOnce } from "../../builders/origin-sweep.ts";
import { FALLBACK } from "../../builders/two-esims.ts";
import type { Shop } from "./batch-shop.ts";

function request(isReserved: boolean, webhookUrl: string | null) {
  const plain = batchRequest(linesOf(["A"]), isReserved ? { settlement: VERIFIED } : {});
  const goods = { kind: "esims", lines: linesOf(["A"]), fallback: FALLBACK } as const;
  return { ...plain, goods, webhookUrl };
}

/** @param isReserved whether the origin settles */
export async function buyIn(
  { world, ports }: Shop,
  isReserved = false,
  webhookUrl: string | null = null,
): Promise<Purchase> {
  if (!isReserved) world.chain.landsAt = 0;
  const outcome = await buy(request(isReserved, webhookUrl), ports);
  if (outcome.kind !== "owned") throw new Error(`expected to own the purchase: ${outcome.kind}`);
  return outcome.purchase;
}

/** Lets the sweeper do all that is to be done at once. */
export async function untilIdle({ world, ports }: Shop): Promise<Purchase> {
  for (let sweeps = 0; !isFinished(storedIn(world)) && sweeps < 200; sweeps++) await sweepOnce(world, ports);
  expect(isFinished(storedIn(world))).toBe(true);
  return storedIn(world);
}
