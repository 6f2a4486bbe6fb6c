/** What is in a bundle, and above all what is not. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { BundledSecrets } from "../../../edge/entry/secrets-json.ts";
import { buildFile } from "../../../lib/bundle/build-file.ts";
import {
  type Bundle,
  BundleError,
  bundleEdge,
  bundleOrigin,
  bundleSeed,
} from "../../../lib/bundle/bundle.ts";
import { edgeContents, originContents } from "../../../lib/bundle/contents.ts";
import { edgeSecretsJson, originSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { configInput } from "../../builders/config.ts";
import { masterKey, secretEnvironment } from "../secret-environment.ts";

/** AWS's own limit for the smaller of its two sets. */
const MAX_CODE_KIB = 1_024;
/** Of an origin function; what the edge's may have is in budget.test.ts. Bytes. */
const ORIGIN_BUDGET = 1_500_000;

const master = masterKey();
const env = secretEnvironment({ EDGE402_KEYS: `1:${master}` });
const secrets = readSecrets(env);
const inline: BundledSecrets = { kind: "inline", secrets: edgeSecretsJson(secrets) };
const elsewhere: BundledSecrets = { kind: "secrets-manager", secretId: "edge402/edge", region: "us-east-1" };

const edge = (entry: "viewer-request" | "origin-response", kind: BundledSecrets) =>
  bundleEdge(entry, configInput(), kind, MAX_CODE_KIB);

const built = {
  "viewer-request": edge("viewer-request", inline),
  "origin-response": edge("origin-response", inline),
  "viewer-request, secrets elsewhere": edge("viewer-request", elsewhere),
  "origin-response, secrets elsewhere": edge("origin-response", elsewhere),
  http: bundleOrigin("http", configInput()),
  watcher: bundleOrigin("watcher", configInput()),
  "seed of the edge": bundleSeed(edgeSecretsJson(secrets)),
  "seed of the origin": bundleSeed(originSecretsJson(secrets)),
} satisfies Record<string, Bundle>;

const names = Object.keys(built);

function textOf(name: string): string {
  const bundle = new Map(Object.entries(built)).get(name);
  if (bundle === undefined) throw new Error(`there is no bundle ${name}`);
  return readFileSync(join(bundle.directory, "index.js"), "latin1");
}

/** The names of the bundles in which a secret stands, in any of its spellings. */
function holders(...spellings: readonly string[]): string[] {
  return names.filter((name) => spellings.some((spelling) => textOf(name).includes(spelling)));
}

function hexSpellings(hex: string): string[] {
  const bytes = Buffer.from(hex, "hex");
  return [hex, hex.toUpperCase(), bytes.toString("base64").slice(0, -2), bytes.toString("latin1")];
}

describe("a secret is in no bundle but where it belongs:", () => {
  const [key] = secrets.keys;
  const digits = (of: "invoice" | "grant" | "access") => hexSpellings((key?.[of] ?? "").slice(2));
  const inlined = ["viewer-request", "origin-response"];
  const seeds = ["seed of the edge", "seed of the origin"];

  test("the master key in none", () => {
    expect(holders(...hexSpellings(master))).toEqual([]);
  });

  test.each([
    "invoice",
    "grant",
  ] as const)("the %s key where the edge has its secrets inline, and in the seeds", (of) => {
    expect(holders(...digits(of))).toEqual([...inlined, ...seeds]);
  });

  test("the access secret in the origin's seed alone", () => {
    expect(holders(...digits("access"))).toEqual(["seed of the origin"]);
  });

  test("the CDP secret where the edge has its secrets inline, and in the seeds", () => {
    expect(holders(secrets.cdpKeySecret)).toEqual([...inlined, ...seeds]);
  });

  test("the supplier's in the origin's seed alone", () => {
    expect(holders(secrets.supplierAccessCode)).toEqual(["seed of the origin"]);
    expect(holders(secrets.supplierSecretKey)).toEqual(["seed of the origin"]);
  });
});

describe("each bundle", () => {
  test.each(names)("%s holds no source map and no path of the machine that built it", (name) => {
    expect(textOf(name)).not.toContain("sourceMappingURL");
    expect(textOf(name)).not.toContain(process.cwd());
  });

  test("of the same input is the same, byte for byte", () => {
    const again = edge("viewer-request", inline);
    expect(readFileSync(join(again.directory, "index.js"), "latin1")).toBe(textOf("viewer-request"));
    expect(again.directory).not.toBe(built["viewer-request"].directory);
  });

  test("can be read by the user that runs it in Lambda, and here by its owner alone", () => {
    for (const { directory } of Object.values(built)) {
      expect(statSync(join(directory, "index.js")).mode & 0o777).toBe(0o644);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(readdirSync(directory)).toEqual(["index.js"]);
    }
  });

  test("is not large", () => {
    const sizes = Object.entries(built).map(([name, { bytes }]) => ({ name, bytes }));
    expect(sizes.filter(({ bytes }) => bytes > ORIGIN_BUDGET)).toEqual([]);
  });

  test("says which modules are in it, from the repository's root", () => {
    const { modules } = built["viewer-request"];
    expect(modules).toEqual(expect.arrayContaining(["edge/entry/viewer-request.ts", "edge/gate.ts"]));
    expect(modules).toEqual([...modules].sort());
    expect(modules.filter((name) => name.startsWith("<") || name.startsWith("/"))).toEqual([]);
  });

  test("with inline secrets lacks the one module that reads the environment", () => {
    const reader = "edge/adapters/lambda-environment.ts";
    const readers = Object.entries(built).filter(([, { modules }]) => modules.includes(reader));
    expect(readers.map(([name]) => name)).toEqual([
      "viewer-request, secrets elsewhere",
      "origin-response, secrets elsewhere",
    ]);
    expect(textOf("viewer-request")).not.toContain("process.env");
  });
});

test.each([
  ["edge", false],
  ["origin", false],
  ["origin-response", true],
] as const)("where settle is %s, the gateway has what it takes to look at the chain itself: %s", (settle, looks) => {
  const { modules } = bundleEdge("viewer-request", configInput({ settle }), inline, MAX_CODE_KIB);
  expect(modules.includes("edge/adapters/json-rpc.ts")).toBe(looks);
});

test("whose usage records count is the origin's to know: the edge goes without it", () => {
  const coordinate = "x".repeat(43);
  const usage = {
    issuer: "https://usage.example.com",
    recordsUrl: "https://usage.example.com/records",
    keySet: { keys: [{ kty: "EC", crv: "P-256", kid: "1", x: coordinate, y: coordinate } as const] },
  };
  const config = configInput({ usage });
  const holdsKey = ({ directory }: Bundle) =>
    readFileSync(join(directory, "index.js"), "latin1").includes(coordinate);
  expect(holdsKey(bundleOrigin("http", config))).toBe(true);
  expect(holdsKey(bundleEdge("viewer-request", config, inline, MAX_CODE_KIB))).toBe(false);
});

describe("a build that fails", () => {
  const complaintOf = (source: string, values: Readonly<Record<string, string>>) => {
    try {
      buildFile(source, values);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  test("names the place, and none of the values that were to be built in", () => {
    const missing = complaintOf("edge/entry/missing.ts", { EDGE402_SEALED_CONFIG: '"c2VjcmV0"' });
    const malformed = complaintOf("edge/entry/viewer-request.ts", {
      EDGE402_SEALED_CONFIG: "c2VjcmV0 c2VjcmV0",
    });
    for (const complaint of [missing, malformed]) {
      expect(complaint).toBeInstanceOf(BundleError);
      expect(String(complaint)).toContain("edge/entry/");
      expect(String(complaint)).not.toContain("c2VjcmV0");
    }
  });
});

describe("the rules", () => {
  const nothing = { code: new Uint8Array(), modules: [], externals: [] };

  test.each([
    ["node_modules/@aws-sdk/client-dynamodb/dist-es/index.js", "@aws-sdk/client-dynamodb"],
    ["node_modules/aws-cdk-lib/index.js", "aws-cdk-lib"],
    ["node_modules/viem/_esm/index.js", "viem"],
    ["node_modules/@noble/curves/secp256k1.js", "@noble/curves"],
    ["node_modules/zod/v4/index.js", "zod"],
    ["node_modules/jose/node_modules/zod/index.js", "zod"],
    ["origin/origin.ts", "origin"],
    ["scripts/local/listen.ts", "scripts"],
    ["test/builders/config.ts", "test"],
  ])("keep %s from the edge", (module, name) => {
    expect(edgeContents({ ...nothing, modules: ["edge/gate.ts", module] })).toEqual([name]);
  });

  test.each([
    "os",
    "node:os",
    "child_process",
    "node:child_process",
    "http",
    "node:https",
    "@aws-sdk/client-s3",
  ])("keep code that requires %s from the edge", (external) => {
    expect(edgeContents({ ...nothing, externals: ["node:crypto", external] })).toEqual([external]);
  });

  test("keep the edge, tests and packages that are not bundled from the origin, and let its packages be", () => {
    const modules = ["origin/origin.ts", "node_modules/viem/_esm/index.js"];
    expect(originContents({ ...nothing, modules, externals: ["fs", "node:net"] })).toEqual([]);
    expect(originContents({ ...nothing, modules: [...modules, "edge/gate.ts"] })).toEqual(["edge"]);
    expect(originContents({ ...nothing, externals: ["@aws-sdk/client-s3"] })).toEqual(["@aws-sdk/client-s3"]);
  });

  test("refuse a function that is larger than the configuration allows, and say by how much", () => {
    const small = () => bundleEdge("viewer-request", configInput(), inline, 64);
    expect(small).toThrow(BundleError);
    expect(small).toThrow(/viewer-request\.ts becomes \d+ KiB, and deploy\.edge\.maxCodeKib is 64/);
  });
});
