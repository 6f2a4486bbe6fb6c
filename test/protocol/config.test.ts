/** `edge402.config.ts`: a small one is enough, and every fault is named with its path. */

import { describe, expect, test } from "vitest";
import { ConfigError, parseConfig } from "../../protocol/config.ts";
import { networks } from "../../protocol/network.ts";
import { acceptedNetworks } from "../../protocol/terms.ts";
import { acceptedInput, buildConfig, configInput, MERCHANT } from "../builders/config.ts";
import { type Json, replaceAt } from "../builders/payment.ts";

/** The smallest configuration as plain JSON, since that is what a hostile or careless one is made of. */
const minimal: Json = JSON.parse(JSON.stringify(configInput()));
const PLAN = "catalog.plans.eu-1gb";

function faultsOf(input: unknown): readonly string[] {
  try {
    parseConfig(input);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** The faults after one change. Array positions are written like keys. */
function faultsWith(path: string, value: Json | undefined): readonly string[] {
  return faultsOf(replaceIn(minimal, path.split("."), value));
}

function replaceIn(json: Json, path: readonly string[], value: Json | undefined): Json {
  const [key = "", ...rest] = path;
  if (!Array.isArray(json)) {
    if (rest.length === 0) return replaceAt(json, path, value);
    const inner =
      typeof json === "object" && json !== null ? Object.entries(json).find(([k]) => k === key)?.[1] : {};
    return replaceAt(json, [key], replaceIn(inner ?? {}, rest, value));
  }
  return json.map((item: Json, at) => (String(at) === key ? replaceIn(item, rest, value) : item));
}

describe("a configuration", () => {
  test("needs a URL, a name, a network and a catalog; the rest has defaults", () => {
    expect(buildConfig()).toMatchObject({
      facilitatorUrl: "https://api.cdp.coinbase.com/platform/v2/x402",
      invoiceTtlSeconds: 600,
      maxTimeoutSeconds: 60,
      budgets: { edgeMs: 4_500, verifyMs: 2_000, originMs: 23_000 },
    });
    expect(faultsOf({})).toEqual([
      expect.stringContaining("publicUrl"),
      expect.stringContaining("serviceName"),
      expect.stringContaining("networks"),
      expect.stringContaining("catalog"),
    ]);
  });

  test("comes out with integers for money and entries for networks", () => {
    const config = buildConfig();
    expect(acceptedNetworks(config)).toEqual([
      { chain: networks.base, payTo: MERCHANT, rpcUrl: "http://127.0.0.1:8545", confirmations: 12 },
    ]);
    expect(config.catalog.plans["eu-1gb"]?.price).toBe(4_200_000n);
    expect(config.catalog.resources["/report"]?.price).toBe(3_000n);
  });

  test.each([
    "",
    "networks.0",
    "budgets",
    "catalog",
    PLAN,
    "catalog.resources./report",
  ])("with a key unheard of in '%s' is refused with its path", (place) => {
    const path = place === "" ? "unheardOf" : `${place}.unheardOf`;
    expect(faultsWith(path, 1)).toEqual([expect.stringContaining(`${path}:`)]);
  });

  test("that is no object is refused", () => {
    for (const input of [undefined, null, 0, "", "{}", []]) expect(faultsOf(input)).not.toEqual([]);
  });

  test("with several faults names them all", () => {
    const input = {
      ...configInput(),
      publicUrl: "http://shop.example.com",
      maxTimeoutSeconds: 5,
      colour: "red",
    };
    const faults = faultsOf(input);
    for (const path of ["publicUrl", "maxTimeoutSeconds", "colour"]) {
      expect(faults).toContainEqual(expect.stringMatching(`^${path}: `));
    }
    expect(() => parseConfig(input)).toThrow(new ConfigError(faults).message);
  });
});

const badUrls = [
  "http://shop.example.com",
  "ftp://shop.example.com",
  "https://shop.example.com/",
  "https://user@shop.example.com",
  "https://user:secret@shop.example.com",
  "https://:secret@shop.example.com",
  "https://shop.example.com?x=1",
  "https://shop.example.com?",
  "https://shop.example.com#x",
  "https://shop.example.com#",
  " https://shop.example.com",
  "https://shop.example.com\n",
  "https://shop.example\t.com",
  "https:shop.example.com",
  "https:\\\\shop.example.com",
  "https://shop.example.com/a/../b",
  "http://127.0.0.1.example.com",
  "http://localhost.example.com",
  "//shop.example.com",
  "shop.example.com",
  "",
  7,
] as const satisfies readonly Json[];

const longest = "x".repeat(1_000);

/** What no field of this name may be. */
const bad: readonly (readonly [path: string, values: readonly (Json | undefined)[]])[] = [
  ["publicUrl", [undefined]],
  ["networks.0.rpcUrl", [undefined]],
  ["serviceName", ["", " x", "x ", "a\nb", "a\u0000b", "\u202e", longest, 7, undefined]],
  ["networks", [[], {}, "base", undefined]],
  ["networks.0.chain", ["ethereum", "Base", "8453", "constructor", "__proto__", "", 8453, undefined]],
  ["networks.0.payTo", ["", "0x", MERCHANT.slice(0, -1), MERCHANT.replace("a11ce", "A11ce"), 0, undefined]],
  ["invoiceTtlSeconds", [0, 29, 86_401, 60.5, -1, "600", null]],
  ["maxTimeoutSeconds", [0, 9, 601, 10.5, "60", null]],
  ["budgets.edgeMs", [0, 499, 29_001, 4_500.5, "4500"]],
  ["budgets.verifyMs", [0, 99, 28_001, "2000"]],
  ["budgets.originMs", [0, 499, 29_001, "25000"]],
  ["budgets.fallbackAfterMs", [0, 499, 50_001, "15000"]],
  ["catalog", [undefined, null, 7]],
  ["catalog.plans", [undefined, null, 7]],
  ["catalog.resources", [undefined, null, 7]],
  [
    `${PLAN}.price`,
    ["1000000.000001", "0", "0.00", "-1", "4.2000001", "4,20", "1e3", " 4.20", 4.2, undefined],
  ],
  [`${PLAN}.title`, ["", longest, "a\nb", 7, undefined]],
  [`${PLAN}.coverage`, [[], "FR", undefined]],
  [`${PLAN}.dataMb`, [0, -1, 1.5, "1024", undefined]],
  [`${PLAN}.days`, [0, -1, 1.5, "7", undefined]],
  [`${PLAN}.packageCode`, ["", "a b", "../x", longest, undefined]],
  [`${PLAN}.wholesaleUsd`, ["1", "1.5", "1.00000", "01.00", "-1.00", ".50", 0.9, undefined]],
  ["catalog.resources./report.price", ["0", "0.0000001", 0.003, undefined]],
  ["catalog.resources./report.description", ["", longest, undefined]],
  [
    "catalog.resources./report.mimeType",
    ["json", "application/", "text/html; charset=utf-8", "a/b\n", undefined],
  ],
];

describe("a configuration's fault names its path:", () => {
  test.each(badUrls)("%j for any URL", (url) => {
    for (const path of ["publicUrl", "facilitatorUrl", "networks.0.rpcUrl"]) {
      expect(faultsWith(path, url)).toEqual([expect.stringContaining(path)]);
    }
  });

  test.each(bad)("%s", (path, values) => {
    for (const value of values) {
      const faults = faultsWith(path, value);
      expect(faults, JSON.stringify(value)).toContainEqual(expect.stringContaining(path));
    }
  });

  test.each([
    "/report/",
    "//report",
    "report",
    "/rep%6frt",
    "/a/../report",
    "/report;x",
    "/é",
    "/a b",
    "",
  ])("a resource at %j, which no request reaches", (path) => {
    const resource = configInput().catalog.resources["/report"];
    const resources = { ...(resource === undefined ? {} : { [path]: resource }) };
    const faults = faultsOf({ ...configInput(), catalog: { plans: {}, resources } });
    expect(faults).toEqual([expect.stringContaining(`catalog.resources.${path}: expected a canonical path`)]);
  });

  test.each([
    "",
    "-x",
    "a b",
    "é",
    "x".repeat(65),
    "constructor",
    "prototype",
    "__proto__",
  ])("a plan by the name %j, which would be lost", (id) => {
    const plans = new Map([[id, configInput().catalog.plans["eu-1gb"]]]);
    const catalog = { plans: Object.fromEntries(plans), resources: {} };
    expect(faultsOf({ ...configInput(), catalog })).toEqual([expect.stringContaining("catalog.plans")]);
  });

  test.each([
    "/v1/plans",
    "/v1/esim/activate",
    "/v1/esim/activate/batch",
    "/v1/esim/allotments",
    "/healthz",
    "/readyz",
  ])("a resource at %s, where something else is served", (path) => {
    const resource = configInput().catalog.resources["/report"];
    const resources = { ...(resource === undefined ? {} : { [path]: resource }) };
    const faults = faultsOf({ ...configInput(), catalog: { plans: {}, resources } });
    expect(faults).toEqual([expect.stringContaining(path)]);
  });

  test("a chain listed twice", () => {
    const twice = configInput({ networks: [acceptedInput("base"), acceptedInput("base")] });
    expect(faultsOf(twice)).toEqual([expect.stringContaining("networks: expected each chain once")]);
  });

  test("a testnet beside a mainnet, where test money would buy real goods", () => {
    const mixed = configInput({ networks: [acceptedInput("base"), acceptedInput("base-sepolia")] });
    expect(faultsOf(mixed)).toEqual([expect.stringContaining("networks: expected mainnets or testnets")]);
  });

  test("a budget for /verify that leaves /settle nothing", () => {
    expect(faultsOf(configInput({ budgets: { edgeMs: 2_000, verifyMs: 2_000 } }))).not.toEqual([]);
    expect(faultsOf(configInput({ budgets: { edgeMs: 1_000 } }))).not.toEqual([]);
  });
});
