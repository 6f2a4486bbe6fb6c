/** One instance's runtime. Nothing happens before the first call, which is the first that may fail aloud. */

import type { Cached } from "../../protocol/cached.ts";
import { createRuntime, type Runtime } from "./runtime.ts";

let runtime: Cached<Runtime> | undefined;

/** @throws EnvironmentError */
export function running(): Cached<Runtime> {
  runtime ??= createRuntime(process.env);
  return runtime;
}
