/**
 * The measured process: loads one contestant, sends it requests one after the other, as Lambda does, and reports what
 * they cost. Whatever it needs itself is loaded before the contestant is.
 */

import { writeFileSync, writeSync } from "node:fs";
import * as v from "valibot";
import { type Answered, type Caller, callerOf } from "./hosts.ts";
import { type Cost, type Job, jobSchema, type Report } from "./job.ts";

/** Where the parent reads the report: standard output is the contestant's. */
const REPORT_FD = 3;

async function run(job: Job): Promise<Report> {
  if (job.group !== null) writeFileSync(job.group, String(process.pid));
  const emptyCpuMs = cpuMs();
  let call: Caller | undefined;
  let first: Answered | undefined;
  const ask = async () => {
    call ??= await callerOf(job);
    const answered = await call();
    first ??= answered;
    // What is answered otherwise is not measured with the rest.
    if (answered.status !== first.status)
      throw new Error(`answered ${answered.status} after ${first.status}`);
  };
  const cold = await costOf(1, ask);
  const young = job.young === 0 ? null : await costOf(job.young, ask);
  for (let done = 0; done < job.warmUp; done++) await ask();
  const hot = job.hot === 0 ? null : await costOf(job.hot, ask);
  if (first === undefined) throw new Error("there was no answer");
  return { emptyCpuMs, cold, young, hot, memory: process.memoryUsage.rss(), answer: first.read() };
}

async function costOf(count: number, work: () => Promise<void>): Promise<Cost> {
  const [cpu, wall] = [cpuMs(), performance.now()];
  for (let done = 0; done < count; done++) await work();
  return { cpuMs: (cpuMs() - cpu) / count, wallMs: (performance.now() - wall) / count };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const job = v.parse(jobSchema, JSON.parse(process.argv[2] ?? ""));
run(job).then(
  (report) => {
    writeSync(REPORT_FD, JSON.stringify(report));
    // Kept-alive connections would keep it, too.
    process.exit(0);
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`, () => process.exit(1));
  },
);
