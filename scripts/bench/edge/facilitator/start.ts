/** Starts the facilitator, and reads its counts. */

import { fork } from "node:child_process";
import { once } from "node:events";
import * as v from "valibot";
import { program } from "../program.ts";
import { COUNTS_PATH, type Counts, countsSchema } from "./counts.ts";

const START_TIMEOUT_MS = 30_000;

export interface BenchFacilitator {
  readonly url: string;
  /** What it is asked while something runs. */
  during<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly asked: Counts }>;
  close(): Promise<void>;
}

export async function startFacilitator(): Promise<BenchFacilitator> {
  const child = fork(program("scripts/bench/edge/facilitator/program.ts"), [], { execArgv: [] });
  const [message] = await once(child, "message", { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  const { url } = v.parse(v.object({ url: v.string() }), message);
  const counts = async () => v.parse(countsSchema, await (await fetch(url + COUNTS_PATH)).json());
  return {
    url,
    async during(work) {
      const before = await counts();
      const result = await work();
      const after = await counts();
      const asked = {
        supported: after.supported - before.supported,
        verify: after.verify - before.verify,
        settle: after.settle - before.settle,
        connections: after.connections - before.connections,
      };
      return { result, asked };
    },
    async close() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
