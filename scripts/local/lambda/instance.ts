/**
 * One execution environment: a worker thread with its own environment variables and memory limit, which serves one
 * event at a time. Lambda freezes it between two events; a thread can't be frozen, so timers here run on.
 */

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import * as v from "valibot";
import { FunctionError, FunctionTimedOut } from "./fault.ts";

export interface InstanceOptions {
  readonly name: string;
  /** Where the bundle lies. */
  readonly directory: string;
  /** File and export, for example `index.handler`. */
  readonly handler: string;
  /** All the variables that the function sees. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Told every line that the function writes. */
  readonly log: (line: string) => void;
}

export interface Instance {
  /** One at a time. @throws FunctionError, after which the instance may be used only if it `isAlive` */
  invoke(event: unknown): Promise<unknown>;
  readonly isAlive: boolean;
  close(): Promise<void>;
}

/** Milliseconds to load the bundle. Lambda Developer Guide, "Init phase". */
export const INIT_TIMEOUT_MS = 10_000;

const fault = { errorType: v.string(), errorMessage: v.string() };

const messageSchema = v.variant("kind", [
  v.object({ kind: v.literal("ready") }),
  v.object({ kind: v.literal("init_failed"), ...fault }),
  v.object({ kind: v.literal("result"), json: v.string() }),
  v.object({ kind: v.literal("error"), ...fault }),
]);

type Message = v.InferOutput<typeof messageSchema>;

/** Loads the bundle at once; what goes wrong there is thrown by the first invocation. */
export function startInstance(options: InstanceOptions): Instance {
  const worker = new Worker(new URL("./runtime.cjs", import.meta.url), {
    env: { ...options.env },
    // A bundle must not inherit the flags and loaders of whoever runs the emulator.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
    stdout: true,
    stderr: true,
    workerData: {
      directory: options.directory,
      handler: options.handler,
      context: {
        functionName: options.name,
        functionVersion: "1",
        memoryLimitInMB: String(options.memoryMb),
      },
    },
  });
  for (const output of [worker.stdout, worker.stderr]) {
    createInterface({ input: output }).on("line", options.log);
  }
  let isAlive = true;
  const ended = new Promise<never>((_, reject) => {
    const end = (error: FunctionError) => {
      isAlive = false;
      reject(error);
    };
    worker.once("error", (error) => end(crash(error)));
    worker.once("exit", (code) =>
      end(new FunctionError("Runtime.ExitError", `The process exited with ${code}`)),
    );
  });
  // Between two invocations nobody waits for it.
  ended.catch(() => undefined);

  const message = async (timeoutMs: number): Promise<Message> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isAlive = false;
        reject(new FunctionTimedOut(timeoutMs));
        void worker.terminate();
      }, timeoutMs);
    });
    const next = new Promise<unknown>((resolve) => worker.once("message", resolve));
    try {
      return v.parse(messageSchema, await Promise.race([next, ended, late]));
    } finally {
      clearTimeout(timer);
    }
  };
  const ready = message(INIT_TIMEOUT_MS);
  ready.catch(() => undefined);

  return {
    get isAlive() {
      return isAlive;
    },
    async invoke(event) {
      const initialised = await ready;
      if (initialised.kind !== "ready") {
        isAlive = false;
        throw errorOf(initialised);
      }
      const answer = message(options.timeoutMs);
      const deadline = Date.now() + options.timeoutMs;
      worker.postMessage({ requestId: randomUUID(), event: JSON.stringify(event), deadline });
      const answered = await answer;
      if (answered.kind !== "result") throw errorOf(answered);
      return JSON.parse(answered.json);
    },
    async close() {
      await worker.terminate();
    },
  };
}

function errorOf(message: Message): FunctionError {
  return "errorType" in message
    ? new FunctionError(message.errorType, message.errorMessage)
    : new FunctionError("Runtime.Unknown", message.kind);
}

const codeSchema = v.object({ code: v.literal("ERR_WORKER_OUT_OF_MEMORY") });

function crash(error: unknown): FunctionError {
  if (v.is(codeSchema, error))
    return new FunctionError("Runtime.OutOfMemory", "The function ran out of memory");
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  return new FunctionError("Runtime.UnhandledError", `${name}: ${message}`);
}
