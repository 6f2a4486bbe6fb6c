/** A child process that may be killed at any moment and comes back by itself, as a function's next instance does. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { type Job, readySchema } from "./job.ts";

const worker = fileURLToPath(new URL("worker.ts", import.meta.url));

/** A child needs about half a second; on a busy machine several. */
const START_TIMEOUT_MS = 30_000;

export interface ManagedProcess {
  readonly name: string;
  /** Where it listens, or undefined while it is down. Each start takes a port of its own; see `openDoor`. */
  url(): string | undefined;
  readonly kills: number;
  /** SIGKILL, at once: nothing is flushed, no connection is ended politely. Resolves once it is dead; then it starts anew. */
  kill(): Promise<void>;
  /** Resolves when it listens. @throws Error when it does not come back */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export async function startProcess(name: string, job: Job): Promise<ManagedProcess> {
  let url: string | undefined;
  let kills = 0;
  let closed = false;
  let child: ChildProcess;
  let starting: Promise<void>;

  async function start(): Promise<void> {
    const started = fork(worker, [], {
      execArgv: ["--import", "tsx"],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child = started;
    started.once("exit", () => {
      if (child === started) url = undefined;
    });
    // Writing to a child that was killed meanwhile fails; its exit is what is looked at.
    started.on("error", () => undefined);
    started.send(job, () => undefined);
    const answer = await firstMessage(started, name);
    if (answer !== undefined && child === started && started.exitCode === null) url = answer;
  }

  async function kill(): Promise<void> {
    if (closed || url === undefined) return;
    url = undefined;
    kills++;
    await end(child);
    if (!closed) starting = start();
    // Whoever waits for `ready` hears of a failed start; nobody else needs to.
    starting.catch(() => undefined);
  }

  starting = start();
  await starting;
  return {
    name,
    url: () => url,
    get kills() {
      return kills;
    },
    kill,
    ready: () => starting,
    async close() {
      closed = true;
      url = undefined;
      await end(child);
    },
  };
}

/** Undefined when the child ended without a word, as one that was killed does. @throws Error after the timeout */
async function firstMessage(child: ChildProcess, name: string): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(START_TIMEOUT_MS);
  const answered = once(child, "message", { signal: timeout }).then(
    ([message]) => v.parse(readySchema, message).url,
  );
  const ended = once(child, "exit", { signal: timeout }).then(() => undefined);
  try {
    return await Promise.race([answered, ended]);
  } catch {
    throw new Error(`${name} did not start within ${START_TIMEOUT_MS} ms`);
  } finally {
    answered.catch(() => undefined);
    ended.catch(() => undefined);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
