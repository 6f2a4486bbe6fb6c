/** Functions as Lambda runs them: one event an instance, its own environment, its time and its memory limited. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { localCredentials } from "../../../scripts/local/aws/credentials.ts";
import { runtimeEnvironment } from "../../../scripts/local/lambda/environment.ts";
import { FunctionError, FunctionTimedOut } from "../../../scripts/local/lambda/fault.ts";
import {
  createFunction,
  type FunctionOptions,
  type LocalFunction,
} from "../../../scripts/local/lambda/function.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const directoryOf = (source: string) => {
  const directory = mkdtempSync(join(tmpdir(), "function-"));
  closers.push(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "index.js"), source);
  return directory;
};

/** A function whose bundle is `source`. */
function functionOf(source: string, options: Partial<FunctionOptions> = {}): LocalFunction {
  const made = createFunction({
    name: "local",
    directory: directoryOf(source),
    handler: "index.handler",
    env: {},
    timeoutMs: 5_000,
    ...options,
  });
  closers.push(made.close);
  return made;
}

describe("a function", () => {
  test("gets its event and gives its result as JSON", async () => {
    const { invoke } = functionOf("exports.handler = async (event) => ({ event, gone: undefined });");
    expect(await invoke({ at: new Date(0), none: undefined })).toEqual({
      event: { at: "1970-01-01T00:00:00.000Z" },
    });
  });

  test("that returns nothing gives null", async () => {
    expect(await functionOf("exports.handler = async () => {};").invoke({})).toBeNull();
  });

  test("sees the variables it is given and none of the emulator's", async () => {
    const env = { EDGE402_TABLE: "table" };
    const { invoke } = functionOf("exports.handler = async () => ({ ...process.env });", { env });
    expect(await invoke({})).toEqual(env);
  });

  test("has a context that counts down its time", async () => {
    const source = `exports.handler = async (_, context) => {
      await new Promise((done) => setTimeout(done, 20));
      return { ...context, left: context.getRemainingTimeInMillis() };
    };`;
    const answers = [];
    const { invoke } = functionOf(source, { memoryMb: 256, timeoutMs: 3_000 });
    for (const _ of [1, 2]) answers.push(await invoke({}));
    expect(answers[0]).toMatchObject({
      functionName: "local",
      memoryLimitInMB: "256",
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const ids = answers.map((answer) => Reflect.get(Object(answer), "awsRequestId"));
    expect(new Set(ids).size).toBe(2);
    const left = Number(Reflect.get(Object(answers[0]), "left"));
    expect(left).toBeLessThan(3_000);
    expect(left).toBeGreaterThan(0);
  });

  test("may import Node.js's own modules when it needs them", async () => {
    const source = 'exports.handler = async () => (await import("node:path")).posix.join("a", "b");';
    expect(await functionOf(source).invoke({})).toBe("a/b");
  });

  test("is CommonJS also beside a package.json that says otherwise", async () => {
    const directory = directoryOf("exports.handler = async () => 1;");
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    expect(await functionOf("", { directory }).invoke({})).toBe(1);
  });
});

describe("instances", () => {
  const counting = "let served = 0; exports.handler = async () => (served += 1);";

  test("serve one event after another", async () => {
    const { invoke } = functionOf(counting);
    expect([await invoke({}), await invoke({})]).toEqual([1, 2]);
  });

  test("are as many as events come at once, up to the limit; the rest wait", async () => {
    const { invoke } = functionOf(counting, { maxInstances: 2 });
    const served = await Promise.all([1, 2, 3, 4].map(invoke));
    expect(served.filter((count) => count === 1)).toHaveLength(2);
  });
});

describe("what a function writes", () => {
  test("is told line by line, before its result, whether by console or by stream", async () => {
    const lines: string[] = [];
    const source = `exports.handler = async () => {
      console.log("one\\ntwo"); process.stdout.write("thr"); process.stdout.write("ee\\n");
      for (let index = 4; index < 200; index += 1) console.log(String(index));
    };`;
    const { invoke } = functionOf(source, { log: (line) => lines.push(line) });
    await invoke({});
    expect(lines).toEqual([
      "one",
      "two",
      "three",
      ...Array.from({ length: 196 }, (_, index) => String(index + 4)),
    ]);
  });

  test("to the descriptor of standard output is told as well, also what is put off until the turn is over", async () => {
    const lines: string[] = [];
    const source = `const fs = require("node:fs"); exports.handler = async () => {
      setImmediate(() => fs.writeSync(1, "fünf\\n"));
      return fs.writeSync(1, "vier\\n");
    };`;
    const written = await functionOf(source, { log: (line) => lines.push(line) }).invoke({});
    expect(written).toBe(5);
    expect(lines).toEqual(["vier", "fünf"]);
  });

  test("to the error stream is told as well", async () => {
    const log = vi.fn();
    await functionOf('exports.handler = async () => console.error("woe");', { log }).invoke({});
    expect(log.mock.calls).toEqual([["woe"]]);
  });
});

describe("a function fails when it", () => {
  test.each([
    ["throws", "exports.handler = async () => { throw new TypeError('no'); };", "TypeError: no"],
    ["throws what is no error", "exports.handler = async () => { throw 'no'; };", "Error: no"],
    ["can't be loaded", "throw new RangeError('early');", "RangeError: early"],
    ["is no JavaScript", "{", "SyntaxError: Unexpected end of input"],
    ["has no handler", "exports.other = 1;", "Runtime.HandlerNotFound"],
    ["asks for a package", "require('viem');", "Runtime.ImportModuleError: Cannot find module 'viem'"],
    ["asks for a file", "require('./other.js');", "Runtime.ImportModuleError"],
    ["ends its process", "exports.handler = () => process.exit(3);", "Runtime.ExitError"],
    [
      "leaves a rejection unhandled",
      "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); });",
      "Runtime.UnhandledError: Error: lost",
    ],
    [
      "needs more memory than it has",
      "exports.handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill({})); };",
      "Runtime.OutOfMemory",
    ],
  ])("%s", async (_, source, message) => {
    const failing = functionOf(source, { memoryMb: 64 });
    await expect(failing.invoke({})).rejects.toThrow(FunctionError);
    await expect(failing.invoke({})).rejects.toThrow(message);
  });

  test("takes longer than its time", async () => {
    const { invoke } = functionOf("exports.handler = () => new Promise(() => {});", { timeoutMs: 50 });
    await expect(invoke({})).rejects.toThrow(new FunctionTimedOut(50));
  });

  test("never yields", async () => {
    const { invoke } = functionOf("exports.handler = () => { for (;;); };", { timeoutMs: 50 });
    await expect(invoke({})).rejects.toThrow(FunctionTimedOut);
  });
});

describe("the next event finds", () => {
  const source = (fault: string) =>
    `let served = 0; exports.handler = async (how) => { served += 1; if (how === "fail") ${fault}; return served; };`;

  test.each([
    ["a fresh instance after a timeout", "await new Promise(() => {})", 1],
    ["a fresh instance after a crash", "process.exit(1)", 1],
    ["the same instance after an error", "throw new Error('no')", 3],
  ])("%s", async (_, fault, served) => {
    const { invoke } = functionOf(source(fault), { timeoutMs: 200, maxInstances: 1 });
    await invoke("well");
    await expect(invoke("fail")).rejects.toThrow(FunctionError);
    expect(await invoke("well")).toBe(served);
  });

  test("a fresh instance when the last one crashed between two events", async () => {
    const { invoke } = functionOf(
      "let served = 0; exports.handler = async () => { setTimeout(() => process.exit(1), 50); return (served += 1); };",
      { maxInstances: 1 },
    );
    expect(await invoke({})).toBe(1);
    await vi.waitFor(async () => expect(await invoke({}).catch(() => "crashed")).toBe(1), 5_000);
  });
});

test("Lambda's own variables name the function, its region and the credentials of its role", async () => {
  const env = runtimeEnvironment({
    functionName: "us-east-1.edge",
    region: "eu-central-1",
    memoryMb: 128,
    handler: "index.handler",
    credentials: localCredentials,
  });
  const { invoke } = functionOf("exports.handler = async () => ({ ...process.env });", { env });
  expect(await invoke({})).toMatchObject({
    AWS_LAMBDA_FUNCTION_NAME: "us-east-1.edge",
    AWS_REGION: "eu-central-1",
    AWS_SESSION_TOKEN: localCredentials.sessionToken,
  });
});
