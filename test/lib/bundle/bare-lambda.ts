/**
 * A bundle in a realm of its own that has what Lambda@Edge gives and nothing else: four modules, the globals that the
 * gateway uses, and a process whose environment is watched.
 */

import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { createContext, runInContext } from "node:vm";
import * as v from "valibot";
import type { Bundle } from "../../../lib/bundle/bundle.ts";

const modules = new Map<string, object>([
  ["crypto", crypto],
  ["net", net],
  ["tls", tls],
]);

export interface BareFunction {
  /** Calls it as Lambda does: event and result cross as JSON, and what it has put off for then is done. */
  invoke(event: unknown): Promise<unknown>;
  /** The same up to its answer. */
  answer(event: unknown): Promise<unknown>;
  /** What it required, however it was named. */
  readonly required: readonly string[];
  /** The variables that it read. */
  readonly variables: readonly string[];
  /** The lines that it wrote to standard output. */
  readonly output: string[];
  /** The bytes of each WebAssembly module that it compiled. */
  readonly compiled: readonly number[];
}

const moduleSchema = v.object({ handler: v.function() });

/** @param env what it finds there */
export function loadBare({ directory }: Bundle, env: Readonly<Record<string, string>> = {}): BareFunction {
  const required: string[] = [];
  const variables: string[] = [];
  const output: string[] = [];
  const compiled: number[] = [];
  class Module extends WebAssembly.Module {
    constructor(bytes: Uint8Array) {
      super(bytes);
      compiled.push(bytes.length);
    }
  }
  const { Instance, Memory } = WebAssembly;
  const module: { exports: unknown } = { exports: {} };
  /** Nothing can be done with them but to write to standard output. */
  const files = {
    writeSync(descriptor: number, text: string) {
      if (descriptor !== 1) throw new Error(`descriptor ${descriptor} is not open`);
      output.push(...text.split(/(?<=\n)/));
      return Buffer.byteLength(text);
    },
  };
  const require = (name: string) => {
    required.push(name);
    const plain = name.replace(/^node:/, "");
    const found = plain === "fs" ? files : modules.get(plain);
    if (found === undefined) throw new Error(`Lambda@Edge has no ${name} for this function`);
    return found;
  };
  const watched = new Proxy(env, {
    get(target, name) {
      variables.push(String(name));
      return Reflect.get(target, name);
    },
    ownKeys() {
      throw new Error("the whole environment was read");
    },
  });
  const process = {
    env: watched,
    getBuiltinModule: require,
  };
  const context = createContext({ module, exports: module.exports, require, process, ...globals });
  runInContext("delete globalThis.WebAssembly", context);
  Object.assign(context, { WebAssembly: { Instance, Memory, Module } });
  runInContext(readFileSync(join(directory, "index.js"), "utf8"), context, { filename: "index.js" });
  const { handler } = v.parse(moduleSchema, module.exports);
  const answer = async (event: unknown): Promise<unknown> =>
    JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(event)))));
  return {
    async invoke(event) {
      const answered = await answer(event);
      await new Promise(setImmediate);
      return answered;
    },
    answer,
    required,
    variables,
    output,
    compiled,
  };
}

/** Those that Node.js adds to the language, and the classes that its modules make things of. No `console`, no `fetch`. */
const globals = {
  ArrayBuffer,
  Buffer,
  Error,
  TextDecoder,
  TextEncoder,
  TypeError,
  URL,
  Uint8Array,
  atob,
  btoa,
  clearTimeout,
  crypto: crypto.webcrypto,
  performance,
  setImmediate,
  setTimeout,
  structuredClone,
};
