/** Measures all contestants: each in fresh processes of its own, by turns, paying with the same signed payment. */

import { challengeIn, checkRejections, checkSelling, type Rejections } from "./check.ts";
import { buildContestants, type Contestant, type ContestantName } from "./contestants.ts";
import { type BenchFacilitator, startFacilitator } from "./facilitator/start.ts";
import { createSamples, type Metric, type Samples } from "./figures.ts";
import { type BenchChallenge, openPurse, type PaymentKind } from "./payments.ts";
import {
  paidCourse,
  type Repetitions,
  rejectedCourse,
  SLOW_LIMIT_MS,
  SLOW_YOUNG,
  unpaidCourse,
} from "./plan.ts";
import { program } from "./program.ts";
import { openQuota, PERCENT } from "./quota.ts";
import { ContestantError, ONCE, run } from "./run.ts";

export interface EdgeResult {
  readonly samples: Samples;
  /** Of those that can be paid at all. */
  readonly rejections: ReadonlyMap<ContestantName, Rejections>;
  /** Why nothing was measured under a small share of a processor; null where it was. */
  readonly noQuota: string | null;
}

interface Bench {
  readonly child: string;
  readonly contestants: readonly Contestant[];
  readonly facilitator: BenchFacilitator;
  readonly samples: Samples;
  readonly rejections: ReadonlyMap<ContestantName, Rejections>;
  readonly progress: (what: string) => void;
}

/**
 * @throws BundleError
 * @throws ContestantError
 */
export async function measureEdge(
  repetitions: Repetitions,
  progress: (what: string) => void,
): Promise<EdgeResult> {
  const facilitator = await startFacilitator();
  try {
    progress("Building the contestants");
    const child = program("scripts/bench/edge/measured/child.ts");
    const contestants = buildContestants(facilitator.url);
    progress("Checking that each asks for the price, and sells for it");
    const rejections = new Map<ContestantName, Rejections>();
    for (const contestant of contestants) {
      const challenge = await checkSelling({ child, facilitator }, contestant);
      if (!contestant.sells) continue;
      rejections.set(contestant.name, await checkRejections({ child, facilitator }, contestant, challenge));
    }
    const samples = createSamples();
    for (const { name, bytes, gzipBytes } of contestants) {
      samples.add(name, "bytes", bytes);
      samples.add(name, "gzipBytes", gzipBytes);
    }
    const bench: Bench = { child, contestants, facilitator, samples, rejections, progress };
    await byTurns(bench, "Cold starts", repetitions.cold, coldStarts);
    await byTurns(bench, "Unpaid requests", repetitions.unpaid, unpaidRequests);
    await byTurns(bench, "Forged payments", repetitions.rejected, forgedPayments);
    await byTurns(bench, "Paid requests", repetitions.paid, paidRequests);
    const noQuota = await underQuota(bench, repetitions.slow);
    return { samples, rejections, noQuota };
  } finally {
    await facilitator.close();
  }
}

type Headers = Readonly<Record<string, string>>;

/** One contestant's part of a repetition. @param pay the headers of the payment that all send */
type Turn = (bench: Bench, contestant: Contestant, pay: Pay) => Promise<void>;
type Pay = (kind?: PaymentKind) => Promise<Headers>;

/** A payment lives a minute, and the slowest turn takes a few seconds. */
const RENEW_AFTER_SECONDS = 25;

/** @param limitMs after which no turn is begun any more */
async function byTurns(
  bench: Bench,
  what: string,
  repetitions: number,
  turn: Turn,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  const end = performance.now() + limitMs;
  const { child, contestants, progress } = bench;
  // Asked for anew: an invoice does not last as long as a slow run.
  const challenges = new Map<ContestantName, BenchChallenge>();
  for (const contestant of contestants) {
    challenges.set(contestant.name, challengeIn(contestant, await run(child, contestant, {})));
  }
  let purse = openPurse(0);
  let openedAt = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    progress(`${what}, ${repetition + 1} of ${repetitions}`);
    for (const contestant of rotated(contestants, repetition)) {
      if (performance.now() > end) return;
      const now = Math.floor(Date.now() / 1_000);
      if (now - openedAt > RENEW_AFTER_SECONDS) [purse, openedAt] = [openPurse(now), now];
      const challenge = challenges.get(contestant.name);
      if (challenge === undefined) throw new Error(`${contestant.name} was not asked`);
      await turn(bench, contestant, (kind) => purse.pay(challenge, kind));
    }
  }
}

/** Nobody is always first. */
function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

const coldStarts: Turn = async (bench, contestant, pay) => {
  const { child, samples } = bench;
  const { name, sells } = contestant;
  const unpaid = await run(child, contestant, {});
  samples.add(name, "coldUnpaidCpu", unpaid.cold.cpuMs);
  samples.add(name, "emptyCpu", unpaid.emptyCpuMs);
  if (!sells) return;
  const { report } = await runPaid(bench, contestant, await pay());
  samples.add(name, "coldPaidCpu", report.cold.cpuMs);
};

/** @throws ContestantError when one of its answers was not paid for */
async function runPaid(
  { child, facilitator }: Bench,
  contestant: Contestant,
  headers: Headers,
  course = ONCE,
) {
  const { result, asked } = await facilitator.during(() => run(child, contestant, headers, course));
  const requests = 1 + course.young + course.warmUp + course.hot;
  if (asked.verify !== requests || asked.settle !== requests) {
    const calls = `${asked.verify} verified and ${asked.settle} settled`;
    throw new ContestantError(`${contestant.name}: of ${requests} paid requests ${calls}`);
  }
  return { report: result, asked, requests };
}

const unpaidRequests: Turn = async ({ child, samples }, contestant) => {
  const { young, hot } = await run(child, contestant, {}, unpaidCourse);
  add(samples, contestant, "youngUnpaidCpu", young?.cpuMs);
  add(samples, contestant, "hotUnpaidCpu", hot?.cpuMs);
};

/** Of those who look at a signature at all. */
const forgedPayments: Turn = async ({ child, samples, rejections }, contestant, pay) => {
  if (rejections.get(contestant.name)?.forged.outcome !== "asked_to_pay") return;
  const { young, hot } = await run(child, contestant, await pay("forged"), rejectedCourse);
  add(samples, contestant, "youngRejectedCpu", young?.cpuMs);
  add(samples, contestant, "hotRejectedCpu", hot?.cpuMs);
};

const paidRequests: Turn = async (bench, contestant, pay) => {
  if (!contestant.sells) return;
  const { samples } = bench;
  const { report, asked, requests } = await runPaid(bench, contestant, await pay(), paidCourse);
  add(samples, contestant, "youngPaidCpu", report.young?.cpuMs);
  add(samples, contestant, "hotPaidCpu", report.hot?.cpuMs);
  add(samples, contestant, "hotPaidWall", report.hot?.wallMs);
  add(samples, contestant, "memory", report.memory);
  add(samples, contestant, "callsAtStart", asked.supported);
  add(samples, contestant, "callsPerPaid", (asked.verify + asked.settle) / requests);
  add(samples, contestant, "connections", asked.connections);
};

function add(samples: Samples, { name }: Contestant, metric: Metric, value: number | undefined): void {
  if (value === undefined) throw new Error(`${name}: ${metric} was not measured`);
  samples.add(name, metric, value);
}

/** @returns why not, or null */
async function underQuota(bench: Bench, repetitions: number): Promise<string | null> {
  const quota = openQuota();
  if (typeof quota === "string") return quota;
  const { file: group } = quota;
  try {
    const turn: Turn = async (_, contestant, pay) => {
      const { child, samples } = bench;
      const unpaid = await run(child, contestant, {}, { ...ONCE, group });
      samples.add(contestant.name, "slowUnpaidWall", unpaid.cold.wallMs);
      if (!contestant.sells) return;
      const { report } = await runPaid(bench, contestant, await pay(), { ...ONCE, young: SLOW_YOUNG, group });
      samples.add(contestant.name, "slowPaidWall", report.cold.wallMs);
      add(samples, contestant, "slowYoungPaidWall", report.young?.wallMs);
    };
    await byTurns(bench, `Under ${PERCENT} % of a core`, repetitions, turn, SLOW_LIMIT_MS);
  } finally {
    quota.close();
  }
  return null;
}
