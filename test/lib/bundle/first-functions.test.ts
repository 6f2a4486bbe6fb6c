/** Functions that V8 compiles when it reads the bundle: those that a first 402 runs, and no others. */

import { Session } from "node:inspector/promises";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { readableFile } from "../../../lib/bundle/build-file.ts";
import { edgeValues } from "../../../lib/bundle/bundle.ts";
import { compiledAtOnce } from "../../../lib/bundle/compiled-at-once.ts";
import { firstFunctions } from "../../../lib/bundle/first-functions.ts";
import { writeBundle } from "../../../lib/bundle/write-bundle.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { buildConfig } from "../../builders/config.ts";
import { secretEnvironment } from "../secret-environment.ts";
import { loadBare } from "./bare-lambda.ts";
import { answerOf, viewerRequest } from "./edge-event.ts";

const rangeSchema = v.object({ startOffset: v.number(), count: v.number() });
const functionSchema = v.object({ ranges: v.tupleWithRest([rangeSchema], rangeSchema) });
const scriptSchema = v.object({ url: v.string(), functions: v.array(functionSchema) });
const coverageSchema = v.object({ result: v.array(scriptSchema) });

/** Where the functions begin that ran while something was done, in the script of this name. */
async function startsOf(script: string, work: () => Promise<void>): Promise<ReadonlySet<number>> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    await work();
    const { result } = v.parse(coverageSchema, await session.post("Profiler.takePreciseCoverage"));
    const functions = result.filter(({ url }) => url === script).flatMap((found) => found.functions);
    const ran = functions.filter(({ ranges: [whole] }) => whole.count > 0);
    return new Set(ran.map(({ ranges: [{ startOffset }] }) => startOffset));
  } finally {
    session.disconnect();
  }
}

test("are the ones of the list", async () => {
  const secrets = { kind: "inline", secrets: edgeSecretsJson(readSecrets(secretEnvironment())) } as const;
  const code = readableFile("edge/entry/viewer-request.ts", edgeValues(buildConfig(), secrets));
  const bundle = writeBundle({ code: Buffer.from(code), modules: [], externals: [] });
  const starts = await startsOf("index.js", async () => {
    const answer = answerOf(await loadBare(bundle).answer(viewerRequest({ uri: "/report" })));
    expect(answer.status).toBe("402");
  });
  const ran: Record<string, string[]> = {};
  let [at, module] = [0, ""];
  for (const line of code.split("\n")) {
    module = /^\/\/ (\S+\.ts)$/.exec(line)?.[1] ?? module;
    const name = /^(?:async )?function (\w+)\(/.exec(line)?.[1];
    if (name !== undefined && starts.has(at)) ran[module] = [...(ran[module] ?? []), name];
    at += line.length + 1;
  }
  const listed = Object.entries(firstFunctions).map(([from, names]) => [from, [...names].sort()]);
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(Object.entries(ran).map(([from, names]) => [from, names.map(plain).sort()])),
  );
});

/** Without the number by which esbuild tells two of one name apart. */
function plain(name: string): string {
  return Object.values(firstFunctions).flat().includes(name) ? name : name.replace(/\d+$/, "");
}

describe("code", () => {
  const code = [
    '"use strict";',
    "// edge/a.ts",
    "var early = one(1);",
    "function one(x) {",
    "  function two() {",
    "  }",
    "  return x;",
    "}",
    "async function three2() {",
    "}",
    "function four() {",
    "}",
    "// edge/b.ts",
    "function one2() {",
    "}",
  ];

  test("has exactly the named functions in parentheses, each under the name that it had, and before all else", () => {
    const changed = compiledAtOnce(code.join("\n"), { "edge/a.ts": ["one", "three"] }).split("\n");
    expect(changed).toEqual([
      '"use strict";',
      "var one = (function(x) {",
      "  function two() {",
      "  }",
      "  return x;",
      "});",
      "var three2 = (async function() {",
      "});",
      "// edge/a.ts",
      "var early = one(1);",
      "function four() {",
      "}",
      "// edge/b.ts",
      "function one2() {",
      "}",
    ]);
  });

  test("without such functions stays as it is", () => {
    expect(compiledAtOnce(code.join("\n"), { "edge/c.ts": ["one"] })).toBe(code.join("\n"));
  });
});
