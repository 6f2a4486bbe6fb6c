/** Makes the planned purchases under their faults, waits until all is quiet, and says what was broken. */

import { setTimeout as sleep } from "node:timers/promises";
import { networks } from "../../protocol/network.ts";
import { MAX_AMOUNT, purchase } from "./buyer.ts";
import type { Fault } from "./fault.ts";
import { type Case, type Ending, endingOf, type Parties, type Violation, violations } from "./invariants.ts";
import { type Observed, observe } from "./observe.ts";
import type { Plan } from "./plan.ts";
import { isAbout, subjectOf } from "./subject.ts";
import type { World } from "./world.ts";

/** How long the system is left alone before what is not in order counts as broken. Milliseconds. */
const QUIET_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;

/** A purchase that was made, and the faults that struck it. */
export interface Made extends Case {
  readonly plan: Plan;
  readonly struck: ReadonlySet<Fault>;
}

export interface Outcome extends Made {
  readonly ending: Ending;
  readonly violations: readonly Violation[];
}

export interface Verdict {
  readonly outcomes: readonly Outcome[];
  /** Those that belong to no purchase as well. */
  readonly violations: readonly Violation[];
}

/** @param onMade told after each purchase */
export async function makeAll(
  world: World,
  seed: number,
  plans: Iterable<Plan>,
  concurrency: number,
  onMade: (made: Made) => void = () => {},
): Promise<readonly Made[]> {
  const waiting = plans[Symbol.iterator]();
  const all: Made[] = [];
  const worker = async () => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      const made = await make(world, seed, next.value);
      all.push(made);
      onMade(made);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return all;
}

async function make(world: World, seed: number, plan: Plan): Promise<Made> {
  const { book, supplier, merchant } = world;
  const network = networks[plan.chain];
  const subject = subjectOf(seed, plan.name, network);
  const chain = world.chains.find((candidate) => candidate.network === network);
  if (chain === undefined) throw new Error(`${plan.chain} is not switched on`);
  const { orders } = supplier;
  const about = isAbout(subject, orders);
  const struck = new Set<Fault>();
  for (const fault of plan.faults) {
    for (const rule of fault.rules({ subject, orders, chain, merchant })) {
      const onStrike = () => {
        if (rule.isPreparation !== true) struck.add(fault);
      };
      book.plan({ ...rule, isAbout: about, onStrike });
    }
  }
  await chain.mintUsdc(subject.payer, MAX_AMOUNT);
  const { goods, settler, behaviour } = plan;
  const bought = await purchase(world, { subject, goods, settler, behaviour });
  return { plan, struck, subject, goods, bought };
}

/** An authorization that was signed and is unused can be used until its time is up, by whoever has seen it. */
function mayStillLand({ subject, bought }: Made, observed: Observed, parties: Parties): boolean {
  const { validBefore } = bought;
  if (validBefore === null || observed.chainTime >= validBefore) return false;
  return endingOf(subject, observed, parties) === "unpaid";
}

/** Ends the faults, leaves the system alone until nothing is wrong any more, or for too long, and judges. */
export async function settleDown(world: World, made: readonly Made[]): Promise<Verdict> {
  const deadline = Date.now() + QUIET_WITHIN_MS;
  world.book.clear();
  await Promise.all(world.processes.map((process) => process.ready()));
  for (;;) {
    const observed = await observe(world);
    const found = violations(made, observed, world);
    const isQuiet = found.length === 0 && !made.some((one) => mayStillLand(one, observed, world));
    if (isQuiet || Date.now() > deadline) {
      const outcomes = made.map((one) => ({
        ...one,
        ending: endingOf(one.subject, observed, world),
        violations: found.filter(({ orderId }) => orderId === one.subject.orderId),
      }));
      return { outcomes, violations: found };
    }
    await sleep(LOOK_EVERY_MS);
  }
}
