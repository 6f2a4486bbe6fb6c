/** What a well-formed configuration is refused for. Each case is the sample with one thing changed. */

import { mnemonicToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import own from "../../../edge402.config.ts";
import sample from "../../../edge402.sample.config.ts";
import { publicAccounts } from "../../../lib/checks/addresses.ts";
import { checkMerchant, checkPaywall, describeFault } from "../../../lib/checks.ts";
import { type MerchantInput, parseMerchant } from "../../../protocol/merchant.ts";
import { certificateIn, type Deploy, merchantInput } from "./support.ts";

const [sampleNetwork] = sample.networks;
const PAY_TO = sampleNetwork?.payTo ?? "";
const ON_BASE = { chain: "base", payTo: PAY_TO, rpcUrl: "https://mainnet.base.org" };
const MAINNET: Partial<MerchantInput> = { networks: [ON_BASE] };

function pathsOf(input: MerchantInput): string[] {
  return checkMerchant(parseMerchant(input)).map(({ path }) => path);
}

const withConfig = (config: Partial<MerchantInput>) => pathsOf(merchantInput({}, config));
const withDeploy = (deploy: Deploy) => pathsOf(merchantInput(deploy));
const payingTo = (payTo: string) => withConfig({ networks: [{ ...ON_BASE, payTo }] });

test("the sample has no fault, on its testnet or on a mainnet", () => {
  expect(withConfig({})).toEqual([]);
  expect(withConfig(MAINNET)).toEqual([]);
});

test("the repository's own file is refused until its placeholders are replaced", () => {
  expect(pathsOf(own)).toEqual(["networks.0.payTo", "networks.1.payTo", "networks.2.payTo", "publicUrl"]);
});

test("a fault is one line that names the place, the problem and the fix", () => {
  const [fault] = checkMerchant(parseMerchant(merchantInput({}, { publicUrl: "https://shop.example" })));
  expect(fault && describeFault(fault)).toMatch(/^publicUrl: .+; write .+$/);
});

describe("money is never sent to", () => {
  test.each([
    ["the zero address", "0x0000000000000000000000000000000000000000"],
    ["the burn address", "0x000000000000000000000000000000000000dEaD"],
    ["a precompiled contract", "0x0000000000000000000000000000000000000009"],
    ["one digit, repeated", "0x1111111111111111111111111111111111111111"],
    ["one byte, repeated", "0xabababababababababababababababababababab"],
    ["two bytes, repeated", "0xdeadDeaDDEaDdEADdEADDeadDEAddeADDEADDeaD".toLowerCase()],
    ["digits in order", "0x1234567890123456789012345678901234567890"],
    ["USDC's contract of this chain", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"],
    ["USDC's contract of another chain", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359"],
    ["a development chain's account", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"],
    ["an address without its checksum", PAY_TO.toLowerCase()],
  ])("%s", (_, payTo) => {
    expect(payingTo(payTo)).toEqual(["networks.0.payTo"]);
  });

  test("any account that development chains hand out", () => {
    const accounts = publicAccounts.map((_, addressIndex) =>
      mnemonicToAccount(`${"test ".repeat(11)}junk`, { addressIndex }).address.toLowerCase(),
    );
    expect(publicAccounts).toEqual(accounts);
  });

  test("while an address that merely ends like a placeholder is good", () => {
    expect(payingTo("0x52908400098527886E0F7030069857D2E4169EE7")).toEqual([]);
  });
});

describe("refused", () => {
  test.each<[string, MerchantInput, string]>([
    [
      "a plan under USDC 0.05",
      plan({ price: "0.049999", wholesaleUsd: "0.01" }),
      "catalog.plans.us-7day.price",
    ],
    ["a plan under what it costs", plan({ price: "0.89" }), "catalog.plans.us-7day.price"],
    ["a resource under USDC 0.01", resource("/report", "0.009999"), "catalog.resources./report.price"],
    ["a resource that the origin does not have", resource("/weather", "0.01"), "catalog.resources./weather"],
    [
      "a top-up under USDC 0.05",
      merchantInput({}, { catalog: { ...sample.catalog, topUps: [{ dataMb: 1, price: "0.049999" }] } }),
      "catalog.topUps.0.price",
    ],
    [
      "top-ups behind a longer address than their challenge has room for",
      merchantInput({}, { publicUrl: `https://${"x".repeat(63)}.${"y".repeat(14)}.cloudfront.net` }),
      "publicUrl",
    ],
    ["a name for examples", merchantInput({}, { publicUrl: "https://api.example.com" }), "publicUrl"],
    ["a gateway on this machine", merchantInput({}, { publicUrl: "http://127.0.0.1:4020" }), "publicUrl"],
    [
      "a path before the gateway's own",
      merchantInput({}, { publicUrl: "https://d1.cloudfront.net/shop" }),
      "publicUrl",
    ],
    [
      "a name that is not the distribution's",
      merchantInput({}, { publicUrl: "https://pay.acme.io" }),
      "publicUrl",
    ],
    ["a domain that agents are not sent to", merchantInput({ domain: domain("us-east-1") }), "publicUrl"],
    ["a usage issuer on this machine", usage({ recordsUrl: "http://127.0.0.1:1" }), "usage.recordsUrl"],
    ["a key for usage records that verifies none", usage({}, "7".repeat(43)), "usage.keySet.keys.0"],
    ["an endpoint on this machine", network({ rpcUrl: "http://localhost:8545" }), "networks.0.rpcUrl"],
    [
      "a facilitator on this machine",
      merchantInput({}, { facilitatorUrl: "http://127.0.0.1:1" }),
      "facilitatorUrl",
    ],
    [
      "a supplier on this machine",
      merchantInput({ supplierUrl: "http://127.0.0.1:1" }),
      "deploy.supplierUrl",
    ],
    ["traces to this machine", merchantInput({ otlpUrl: "http://127.0.0.1:1" }), "deploy.otlpUrl"],
    ["alarms to nobody", merchantInput({ alarmEmail: "me@example.com" }), "deploy.alarmEmail"],
    ["a mainnet by a testnet's endpoint", network({ chain: "base" }), "networks.0.rpcUrl"],
    [
      "a testnet by a mainnet's endpoint",
      network({ rpcUrl: "https://mainnet.base.org" }),
      "networks.0.rpcUrl",
    ],
    [
      "a testnet's facilitator for real money",
      merchantInput({}, { ...MAINNET, facilitatorUrl: "https://x402.org/facilitator" }),
      "facilitatorUrl",
    ],
    [
      "real eSIMs for a testnet's coins",
      merchantInput({ supplierUrl: "https://api.esimaccess.com" }),
      "deploy.supplierUrl",
    ],
    ["an edge that is ended before its deadline", budgets({ edgeMs: 4_900 }), "budgets.edgeMs"],
    ["an origin that outlasts its agents", budgets({ originMs: 24_000, edgeMs: 4_600 }), "budgets.originMs"],
    [
      "refunds of what is under way",
      merchantInput({}, { unclaimedAfterSeconds: 30 }),
      "unclaimedAfterSeconds",
    ],
    [
      "a mainnet's proof on few confirmations",
      merchantInput({}, { networks: [{ ...ON_BASE, confirmations: 11 }] }),
      "networks.0.confirmations",
    ],
    [
      "proofs that come after the refund",
      merchantInput({}, { networks: [{ ...ON_BASE, confirmations: 150 }] }),
      "networks.0.confirmations",
    ],
    ["settling on the store's answer", merchantInput({}, { settle: "origin-response" }), "settle"],
  ])("%s", (_, input, path) => {
    expect(pathsOf(input)).toEqual([path]);
  });

  test.each<[string, Deploy]>([
    ["deploy.domain.certificateArn", { domain: domain("eu-west-1") }],
    [
      "deploy.originMtls.certificateArn",
      { originMtls: mtls({ certificateArn: certificateIn("us-east-1") }) },
    ],
    [
      "deploy.originMtls.clientCertificateArn",
      { originMtls: mtls({ clientCertificateArn: certificateIn("eu-west-1") }) },
    ],
  ])("a certificate in the wrong region: %s", (path, deploy) => {
    expect(withDeploy({ originRegion: "eu-west-1", ...deploy })).toContain(path);
  });

  test("a client certificate where a function runs on the origin's answers", () => {
    const input = merchantInput(
      { originMtls: mtls({}), originRegion: "eu-west-1" },
      { settle: "origin-response" },
    );
    expect(checkPaywall(parseMerchant(input)).map(({ path }) => path)).toEqual(["deploy.originMtls"]);
  });
});

test("a domain of one's own is good with its own publicUrl and a certificate of us-east-1", () => {
  const input = merchantInput({ domain: domain("us-east-1") }, { publicUrl: "https://pay.acme.io" });
  expect(pathsOf(input)).toEqual([]);
});

test("all faults are found at once", () => {
  const input = merchantInput(
    { supplierUrl: "http://127.0.0.1:1" },
    { publicUrl: "https://api.example.com", networks: [{ ...ON_BASE, payTo: `0x${"0".repeat(40)}` }] },
  );
  expect(pathsOf(input)).toEqual(["networks.0.payTo", "publicUrl", "deploy.supplierUrl"]);
});

function plan(change: Partial<(typeof sample.catalog.plans)[string]>): MerchantInput {
  const { plans, resources } = sample.catalog;
  const changed = Object.entries(plans).map(([name, each]) => [name, { ...each, ...change }]);
  return merchantInput({}, { catalog: { plans: Object.fromEntries(changed), resources } });
}

function resource(path: string, price: string): MerchantInput {
  const resources = { [path]: { price, description: "Data", mimeType: "application/json" } };
  return merchantInput({}, { catalog: { plans: sample.catalog.plans, resources } });
}

function network(change: Partial<MerchantInput["networks"][number]>): MerchantInput {
  return merchantInput({}, { networks: sample.networks.map((each) => ({ ...each, ...change })) });
}

/** @param y of the key */
function usage(change: Partial<NonNullable<MerchantInput["usage"]>>, y?: string): MerchantInput {
  const keys = sample.usage?.keySet.keys.map((key) => ({ ...key, y: y ?? key.y })) ?? [];
  return merchantInput(
    {},
    { usage: { issuer: "i", recordsUrl: "https://acme.io", keySet: { keys }, ...change } },
  );
}

function budgets(change: NonNullable<MerchantInput["budgets"]>): MerchantInput {
  return merchantInput({}, { budgets: change });
}

function domain(region: string): NonNullable<Deploy["domain"]> {
  return { name: "pay.acme.io", certificateArn: certificateIn(region) };
}

function mtls(change: Partial<NonNullable<Deploy["originMtls"]>>): NonNullable<Deploy["originMtls"]> {
  return {
    domainName: "origin.acme.io",
    certificateArn: certificateIn("eu-west-1"),
    truststoreUri: "s3://acme-trust/ca.pem",
    clientCertificateArn: certificateIn("us-east-1"),
    ...change,
  };
}
