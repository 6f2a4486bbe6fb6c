/**
 * Who may import whom. The rooms stay apart only if something looks: this reads every import statement, and in
 * `protocol/` every line, since what decides there must not know the time, chance or the network by itself.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ROOMS = ["protocol", "edge", "origin", "lib", "bin", "scripts", "test"] as const;

/** Lines. Beyond this a file holds more than one idea. */
const MAX_LINES = 260;

/** What the protocol may stand on. Which of it the edge may hold, the bundles' own test says. */
const PURE_LIBRARIES = ["viem", "jose", "valibot", "@noble/curves", "@noble/hashes"];
const EDGE_NODE_MODULES = ["node:net", "node:tls", "node:crypto"];
const EDGE_ROOTS = ["edge/viewer-request.ts", "edge/origin-response-handler.ts"];
const EDGE_ADAPTERS = "edge/adapters/";
/** What is deployed: composes the functions, reads what they were built with, and is imported by nobody. */
const EDGE_ENTRIES = "edge/entry/";
const ORIGIN_ENTRIES = "origin/entry/";
const ORIGIN_ADAPTER = /^origin\/(store\/dynamo|chain\/viem|supplier\/esim-access|adapters\/)/;

const packageJson = v.parse(
  v.object({ dependencies: v.record(v.string(), v.string()) }),
  JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")),
);
const dependencies = Object.keys(packageJson.dependencies);

interface Import {
  /** A file from the repository's root, a `node:` module, or a package's name without its subpath. */
  readonly target: string;
  readonly kind: "file" | "node" | "package";
  /** Erased when compiled. `import { type X }` is not: it still loads the module. */
  readonly typeOnly: boolean;
}

const STATIC =
  /^[ \t]*(?:import|export)\b(?<type>\s+type\b(?!\s+from\b))?(?:[\w$\s{},*]*?\bfrom)?\s*["'](?<from>[^"'\n]+)["']/gm;
const DYNAMIC = /\b(?:import|require)\s*\(\s*(?:["'`](?<from>[^"'`]+)["'`])?/g;

/** A stand-in for the target of an `import()` whose argument is no literal. Nothing allows it. */
const COMPUTED = "(computed)";

function importsOf(file: string, source: string): Import[] {
  const code = withoutComments(source);
  const found = [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)];
  return found.map(({ groups = {} }) => {
    const specifier = groups["from"] ?? COMPUTED;
    return { ...resolve(file, specifier), typeOnly: groups["type"] !== undefined };
  });
}

function resolve(file: string, specifier: string): Pick<Import, "target" | "kind"> {
  if (specifier.startsWith(".")) return { target: normalize(join(dirname(file), specifier)), kind: "file" };
  if (specifier.startsWith("node:")) return { target: specifier, kind: "node" };
  const [first = "", second = ""] = specifier.split("/");
  return { target: first.startsWith("@") ? `${first}/${second}` : first, kind: "package" };
}

function withoutComments(source: string): string {
  return source.replace(/(^|\s)\/\*[\s\S]*?\*\//gm, "$1").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function within(target: string, ...rooms: readonly string[]): boolean {
  return rooms.some((room) => target.startsWith(`${room}/`));
}

type Rule = (file: string, imported: Import) => boolean;

const rules: Readonly<Record<string, Rule>> = {
  protocol: (_, { kind, target }) => {
    if (kind === "file") return within(target, "protocol");
    return kind === "node" ? target === "node:crypto" : PURE_LIBRARIES.includes(target);
  },
  edge: (file, { kind, target, typeOnly }) => {
    const isAdapter = file.startsWith(EDGE_ADAPTERS);
    const isRoot = EDGE_ROOTS.includes(file);
    if (kind === "node" && file === "edge/adapters/standard-output.ts") return target === "node:fs";
    if (kind === "node") return (isAdapter || isRoot) && EDGE_NODE_MODULES.includes(target);
    if (kind === "package") return typeOnly && target === "aws-lambda";
    const isEntry = file.startsWith(EDGE_ENTRIES);
    if (target.startsWith(EDGE_ENTRIES)) return isEntry;
    if (target.startsWith(EDGE_ADAPTERS)) return isAdapter || isRoot || isEntry;
    return within(target, "edge", "protocol") && (isEntry || !EDGE_ROOTS.includes(target));
  },
  origin: (file, { kind, target, typeOnly }) => {
    const isPurchase = within(file, "origin/purchase");
    if (kind === "node") return true;
    if (kind === "file") {
      if (target.startsWith(ORIGIN_ENTRIES)) return file.startsWith(ORIGIN_ENTRIES);
      return within(target, "origin", "protocol") && !(isPurchase && ORIGIN_ADAPTER.test(target));
    }
    if (isPurchase && target.startsWith("@aws-sdk/")) return false;
    return dependencies.includes(target) || (typeOnly && target === "aws-lambda");
  },
  lib: deployment,
  bin: deployment,
  scripts: (_, { target }) => target !== COMPUTED,
  test: () => true,
};

/**
 * Infrastructure names the programs that it deploys; it never runs them. It parses the configuration that they are built
 * with, and knows the shape of what else they are built with.
 */
function deployment(_: string, { kind, target, typeOnly }: Import): boolean {
  if (kind !== "file") return target !== COMPUTED;
  if (within(target, "lib", "bin", "protocol") || !target.includes("/")) return true;
  return typeOnly && [EDGE_ENTRIES, ORIGIN_ENTRIES].some((entries) => target.startsWith(entries));
}

/** Everything outside the rooms: the files that a merchant edits and the tools' configuration. */
const elsewhere: Rule = (_, { kind, target }) => kind !== "file" || !within(target, "scripts", "test");

function forbiddenImports(file: string, source: string): string[] {
  const [room = ""] = file.split("/");
  const isAllowed = Object.hasOwn(rules, room) ? (rules[room] ?? elsewhere) : elsewhere;
  return importsOf(file, source)
    .filter((imported) => !isAllowed(file, imported))
    .map(({ target }) => `${file} → ${target}`);
}

/** What a pure module must be given instead of taking. */
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bMath\.random\b|\bprocess\s*[.[]|\bfetch\s*\(|\bglobalThis\b|\bperformance\s*\.|\bset(?:Timeout|Interval|Immediate)\b|\bconsole\s*\.|\bgetRandomValues\b|\brandom(?:UUID|Int)\b|\bimport\s*\{[^}]*\brandomBytes\b/g;

function impurities(source: string): string[] {
  return [...withoutComments(source).matchAll(IMPURE)].map(([found]) => found);
}

function filesIn(room: string): string[] {
  const folder = join(ROOT, room);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[cm]?tsx?$/.test(name))
    .map((name) => `${room}/${name}`);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

const rootFiles = readdirSync(ROOT).filter((name) => name.endsWith(".ts"));
const files = [...ROOMS.flatMap(filesIn), ...rootFiles];

describe("the rooms", () => {
  test("are looked into: the protocol's files and their imports are seen", () => {
    const protocol = filesIn("protocol");
    expect(protocol).toEqual(expect.arrayContaining(["protocol/money.ts", "protocol/payment.ts"]));
    expect(protocol.length).toBeGreaterThan(20);
    const targets = importsOf("protocol/schema.ts", read("protocol/schema.ts")).map(({ target }) => target);
    expect(targets).toEqual(expect.arrayContaining(["valibot", "protocol/money.ts", "protocol/rules.ts"]));
  });

  test.each([...ROOMS, "(root)"])("%s imports only what it may", (room) => {
    const own = files.filter(
      (file) => file.startsWith(`${room}/`) || (room === "(root)" && !file.includes("/")),
    );
    expect(own.flatMap((file) => forbiddenImports(file, read(file)))).toEqual([]);
  });

  test("protocol takes no time, chance, environment or network by itself", () => {
    const found = filesIn("protocol").map((file) => [file, impurities(read(file))]);
    expect(found.filter(([, all]) => all?.length !== 0)).toEqual([]);
  });

  test(`hold no file of more than ${MAX_LINES} lines`, () => {
    const lengths = files.map((file) => ({ file, lines: read(file).trimEnd().split("\n").length }));
    expect(lengths.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  });
});

describe("the check itself", () => {
  test.each([
    ["protocol/x.ts", 'import { gate } from "../edge/gate.ts";'],
    ["protocol/x.ts", 'import type { Gate } from "../edge/gate.ts";'],
    ["protocol/x.ts", 'import { readFileSync } from "node:fs";'],
    ["protocol/x.ts", 'import "node:process";'],
    ["protocol/x.ts", "import {\n  createServer,\n} from 'node:http';"],
    ["protocol/x.ts", 'export * from "../origin/origin.ts";'],
    ["protocol/x.ts", 'export { a } from "@aws-sdk/client-dynamodb";'],
    ["protocol/x.ts", 'const x = await import("../scripts/start.ts");'],
    ["protocol/x.ts", "const x = await import(name);"],
    ["protocol/x.ts", 'const fs = require("fs");'],
    ["protocol/x.ts", 'import fs from "fs";'],
    ["protocol/deep/x.ts", 'import x from "../../../outside.ts";'],
    ["edge/gate.ts", 'import { createPost } from "./adapters/http-post.ts";'],
    ["edge/gate.ts", 'import { request } from "node:https";'],
    ["edge/gate.ts", 'import handler from "./viewer-request.ts";'],
    ["edge/adapters/x.ts", 'import { readFileSync } from "node:fs";'],
    ["edge/adapters/standard-output.ts", 'import { request } from "node:https";'],
    ["edge/x.ts", 'import { buy } from "../origin/purchase/buy.ts";'],
    ["edge/x.ts", 'import { x } from "aws-lambda";'],
    ["edge/viewer-request.ts", 'import { handler } from "./entry/viewer-request.ts";'],
    ["edge/entry/x.ts", 'import { randomBytes } from "node:crypto";'],
    ["edge/viewer-request.ts", 'import { DynamoDBClient } from "@aws-sdk/client-dynamodb";'],
    ["origin/x.ts", 'import { gate } from "../edge/gate.ts";'],
    ["origin/x.ts", 'import { listen } from "../scripts/local/listen.ts";'],
    ["origin/x.ts", 'import fc from "fast-check";'],
    ["origin/x.ts", 'import { running } from "./entry/running.ts";'],
    ["origin/purchase/x.ts", 'import { createStore } from "../store/dynamo.ts";'],
    ["origin/purchase/x.ts", 'import type { X } from "../chain/viem-chain.ts";'],
    ["origin/purchase/x.ts", 'import { createEsimAccess } from "../supplier/esim-access.ts";'],
    ["origin/purchase/x.ts", 'import { DynamoDBClient } from "@aws-sdk/client-dynamodb";'],
    ["lib/x.ts", 'import { handler } from "../edge/viewer-request.ts";'],
    ["lib/x.ts", 'import type { Purchase } from "../origin/purchase/purchase.ts";'],
    ["lib/x.ts", 'import { handler } from "../edge/entry/viewer-request.ts";'],
    ["lib/x.ts", 'import { type EdgeSecretsJson } from "../edge/entry/secrets-json.ts";'],
    ["lib/x.ts", 'import { buildConfig } from "../test/builders/config.ts";'],
    ["bin/x.ts", 'import { listen } from "../scripts/local/listen.ts";'],
    ["edge402.config.ts", 'import { buildConfig } from "./test/builders/config.ts";'],
  ])("in %s catches %j", (file, source) => {
    expect(forbiddenImports(file, source)).toHaveLength(1);
  });

  test.each([
    [
      "protocol/x.ts",
      'import { keccak_256 } from "@noble/hashes/sha3.js";\nimport { ok } from "./result.ts";',
    ],
    ["protocol/x.ts", '/** import x from "node:fs"; */\n// import("node:fs")\nexport const x = 1;'],
    ["edge/viewer-request.ts", 'import { createPost } from "./adapters/http-post.ts";'],
    ["edge/adapters/x.ts", 'import type { CloudFrontHeaders } from "aws-lambda";'],
    [
      "edge/entry/x.ts",
      'import { createViewerRequest } from "../viewer-request.ts";\nimport { createPost } from "../adapters/http-post.ts";',
    ],
    ["origin/purchase/x.ts", 'import type { Store } from "../store/port.ts";'],
    [
      "lib/x.ts",
      'import { type Config, parseConfig } from "../protocol/config.ts";\nimport { Stack } from "aws-cdk-lib";',
    ],
    ["lib/x.ts", 'import type { EdgeSecretsJson } from "../edge/entry/secrets-json.ts";'],
    ["scripts/x.ts", 'import { gate } from "../edge/gate.ts";'],
  ])("in %s lets %j be", (file, source) => {
    expect(forbiddenImports(file, source)).toEqual([]);
  });

  test.each([
    "const now = Date.now();",
    "const now = new Date();",
    "const dice = Math.random();",
    'const key = process.env["KEY"];',
    "await fetch(url);",
    "globalThis.x = 1;",
    'import { randomBytes } from "node:crypto";',
    "setTimeout(go, 1);",
  ])("hears the impurity of %j", (source) => {
    expect(impurities(source)).toHaveLength(1);
  });

  test("hears none where time is given and where prose speaks", () => {
    expect(impurities("/** process.env */ const date = new Date(now * 1_000); // Date.now()")).toEqual([]);
  });
});
