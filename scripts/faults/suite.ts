/** The whole suite: every fault by itself, then a random run, then quiet, then judgement. */

import { setTimeout as sleep } from "node:timers/promises";
import type { LocalChainName } from "../local/stack/start-stack.ts";
import type { FaultOptions } from "./command-line.ts";
import { namedPlans, type Plan, randomPlan } from "./plan.ts";
import { type Made, makeAll, settleDown, type Verdict } from "./run.ts";
import type { World } from "./world.ts";

/** Purchases at the same time. Those that kill get in each other's way: a process can't die at two steps at once. */
const CONCURRENCY = { killing: 4, named: 12, alone: 1, random: 16 } as const;

/** A fault may miss: another one killed the process before it got there. Then the purchase is made again. */
const TRIES = 3;

/** Sweepers and reconcilers come round after the buyers have left. Milliseconds. */
const STRIKES_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 100;

/** No new purchases after this, whatever was asked for. Milliseconds. */
const MAX_RANDOM_MS = 20 * 60_000;

export interface SuiteOptions extends FaultOptions {
  readonly progress: (what: string) => void;
}

export interface SuiteResult extends Verdict {
  readonly named: readonly Made[];
  readonly random: readonly Made[];
}

export async function runSuite(world: World, options: SuiteOptions): Promise<SuiteResult> {
  const named = await makeNamed(world, options);
  const random = await makeRandom(world, options);
  options.progress("Waiting until all is quiet");
  const verdict = await settleDown(world, [...named, ...random]);
  return { ...verdict, named, random };
}

async function makeNamed(world: World, { seed, everyNth, progress }: SuiteOptions): Promise<readonly Made[]> {
  const all: Made[] = [];
  let plans = namedPlans().filter((_, index) => index % everyNth === 0);
  for (let round = 1; round <= TRIES && plans.length > 0; round++) {
    progress(`Making ${plans.length} purchases, each with a fault of its own`);
    const made: Made[] = [];
    for (const [group, concurrency] of grouped(plans)) {
      // Nobody else's money may be in the blocks that a chain takes back.
      if (concurrency === CONCURRENCY.alone) await settleDown(world, [...all, ...made]);
      progress(`${group.length} of them, ${concurrency} at a time`);
      const latest = await makeAll(world, seed, group, concurrency);
      await until(() => !latest.some(missed), STRIKES_WITHIN_MS);
      made.push(...latest);
    }
    all.push(...made);
    plans = made.filter(missed).map(({ plan }) => ({ ...plan, name: `${plan.name}, again` }));
  }
  return all;
}

async function until(isSo: () => boolean, atMostMs: number): Promise<void> {
  const deadline = Date.now() + atMostMs;
  while (!isSo() && Date.now() < deadline) await sleep(LOOK_EVERY_MS);
}

/** Whether a planned fault did not strike. */
export function missed({ plan, struck }: Made): boolean {
  return plan.faults.some((fault) => !struck.has(fault));
}

function grouped(plans: readonly Plan[]): readonly (readonly [readonly Plan[], number])[] {
  const groups: Record<"killing" | "named" | "alone", Plan[]> = { killing: [], named: [], alone: [] };
  for (const plan of plans) {
    const isAlone = plan.faults.some(({ isExclusive }) => isExclusive);
    const kills = plan.faults.some(({ name }) => name.includes("killed"));
    groups[isAlone ? "alone" : kills ? "killing" : "named"].push(plan);
  }
  return (["killing", "named", "alone"] as const)
    .filter((name) => groups[name].length > 0)
    .map((name) => [groups[name], CONCURRENCY[name]]);
}

async function makeRandom(world: World, options: SuiteOptions): Promise<readonly Made[]> {
  const { seed, purchases, progress } = options;
  const deadline = Date.now() + MAX_RANDOM_MS;
  const perChain = new Map<LocalChainName, number>();
  let done = 0;
  function* plans() {
    for (let index = 0; index < purchases && Date.now() < deadline; index++) yield randomPlan(seed, index);
  }
  return makeAll(world, seed, plans(), CONCURRENCY.random, ({ plan }) => {
    done++;
    perChain.set(plan.chain, (perChain.get(plan.chain) ?? 0) + 1);
    const chains = [...perChain].map(([chain, count]) => `${chain} ${count}`).join(", ");
    if (done % PROGRESS_EVERY === 0) progress(`${done} of ${purchases} random purchases (${chains})`);
  });
}

const PROGRESS_EVERY = 20;
