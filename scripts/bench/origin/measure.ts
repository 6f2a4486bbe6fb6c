/** What a purchase costs at the table, and how that grows: with the table, with the pool, with the batch. */

import { median } from "../statistics.ts";
import { type Item, type Order, pay, sign } from "./buyer.ts";
import type { Tally } from "./counting-table.ts";
import { fillTable } from "./fill.ts";
import { ORDERED, type Shop, startShop } from "./shop.ts";

export interface Sizes {
  /** Purchases of each kind that are counted. */
  readonly purchases: number;
  /** Purchases that are in the table when it counts as full. */
  readonly full: number;
  /** Purchases whose time is taken. */
  readonly timed: number;
}

export const FULL: Sizes = { purchases: 5, full: 10_000, timed: 60 };
export const QUICK: Sizes = { purchases: 2, full: 1_000, timed: 20 };

/** One purchase, in the middle of several. */
export interface PurchaseCost extends Tally {
  readonly what: string;
  /** From a pool, a single eSIM. */
  readonly isPoolPurchase: boolean;
  readonly esims: number;
}

export interface Throughput {
  readonly what: string;
  readonly purchasesPerSecond: number;
  readonly esimsPerSecond: number;
  /** Purchases that did not get what they wanted from the pool: its table was too slow for them. */
  readonly ordered: number;
}

export interface OriginResult {
  readonly costs: readonly PurchaseCost[];
  readonly throughputs: readonly Throughput[];
}

const TEN = 10;

const SPARE_TRIES = 3;

/** Buyers at once. */
const BUYERS = 8;

/** @throws ChainBinaryMissingError */
export async function measureOrigin(sizes: Sizes, progress: (what: string) => void): Promise<OriginResult> {
  progress("Starting the local stack");
  const shop = await startShop(progress);
  try {
    const cost = (what: string, order: Order) => costOf(shop, what, order, sizes.purchases);
    const throughput = (what: string, order: Order, count = sizes.timed) =>
      throughputOf(shop, what, order, count);
    // The first purchase also connects everything.
    await pay(shop, ORDERED, await sign(shop, ORDERED));
    progress("Purchases from pools of 10, 100 and 300");
    const costs = [
      await cost("from a pool of 10", { plan: "us-7day" }),
      await cost("from a pool of 100", { plan: "eu-30day" }),
      await cost("from a pool of 300", { plan: "global-30day" }),
    ];
    const throughputs = [
      await throughput("from a pool of 100", { plan: "eu-30day" }),
      await throughput("from a pool of 300", { plan: "us-30day" }),
    ];
    progress(`Putting ${sizes.full} purchases into the table`);
    await fillTable(shop.dynamo, sizes.full);
    const full = `${sizes.full.toLocaleString("en-US")} purchases in the table`;
    costs.push(await cost(`from a pool of 300, ${full}`, { plan: "global-30day" }));
    const tens = batch({ plan: "us-30day" }, TEN);
    throughputs.push(
      await throughput(`from a pool of 300, ${full}`, { plan: "us-30day" }),
      await throughput("batches of 10 from a pool of 300", tens, sizes.timed / TEN),
    );
    progress("Batches");
    costs.push(
      await costOf(shop, "a batch of 10 from a pool", batch({ plan: "global-30day" }, 10), 1),
      await costOf(shop, "a batch of 50 from a pool", batch({ plan: "global-30day" }, 50), 1),
      await cost("ordered at the supplier", ORDERED),
      await costOf(shop, "a batch of 10, ordered", batch(ORDERED, 10), 1),
      await costOf(shop, "a batch of 50, ordered", batch(ORDERED, 50), 1),
    );
    return { costs, throughputs };
  } finally {
    await shop.close();
  }
}

/** Write units of a purchase from a pool, in the worst of the cases. */
export function poolWriteUnits({ costs }: OriginResult): number {
  return Math.max(
    ...costs.filter(({ isPoolPurchase }) => isPoolPurchase).map(({ writeUnits }) => writeUnits),
  );
}

function batch(item: Item, count: number): Order {
  return { items: Array.from({ length: count }, (_, nth) => ({ ...item, device_id: `drone-${nth}` })) };
}

async function costOf(shop: Shop, what: string, order: Order, purchases: number): Promise<PurchaseCost> {
  const tallies: Tally[] = [];
  for (let tries = 0; tallies.length < purchases; tries++) {
    if (tries > purchases + SPARE_TRIES) throw new Error(`${what}: the pool does not have it`);
    const before = shop.ordered();
    const payment = await sign(shop, order);
    const { tally } = await shop.table.during(() => pay(shop, order, payment));
    // On a machine that is too busy the table may be too slow for the pool.
    if (!isPooled(order) || shop.ordered() === before) tallies.push(tally);
  }
  const middle = (of: (tally: Tally) => number) => median(tallies.map(of)) ?? 0;
  return {
    what,
    isPoolPurchase: "plan" in order,
    esims: esimsIn(order),
    requests: middle(({ requests }) => requests),
    readUnits: middle(({ readUnits }) => readUnits),
    writeUnits: middle(({ writeUnits }) => writeUnits),
  };
}

/** Signed before the clock runs: what is timed is the way from the payment to the goods. */
async function throughputOf(shop: Shop, what: string, order: Order, count: number): Promise<Throughput> {
  const payments = await Promise.all(Array.from({ length: count }, () => sign(shop, order)));
  const before = shop.ordered();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: BUYERS }, async () => {
      for (let payment = payments.pop(); payment !== undefined; payment = payments.pop()) {
        await pay(shop, order, payment);
      }
    }),
  );
  const purchasesPerSecond = (count * 1_000) / (performance.now() - start);
  const ordered = shop.ordered() - before;
  return { what, purchasesPerSecond, esimsPerSecond: purchasesPerSecond * esimsIn(order), ordered };
}

/** Every plan has a pool, and nothing else has. */
function isPooled(order: Order): boolean {
  const [first] = "items" in order ? order.items : [order];
  return first !== undefined && "plan" in first;
}

function esimsIn(order: Order): number {
  return "items" in order ? order.items.length : 1;
}
