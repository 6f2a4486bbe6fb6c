/** The whole assembly as it is deployed, with its real bundles: no secret is where it does not belong. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildApp } from "../../../lib/app.ts";
import { sampleEnvironment } from "../../../lib/sample.ts";
import { digestOf } from "../../../lib/secret/digest.ts";
import { edgeSecretsJson, originSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { parseMerchant } from "../../../protocol/merchant.ts";
import { merchantInput, sampleSecrets, templateOf, temporaryApp } from "./support.ts";

const app = temporaryApp();
const { outdir } = app;
const stacks = buildApp(app, parseMerchant(merchantInput()), sampleSecrets, { sample: true });
app.synth();

const environment = sampleEnvironment();
const masterKey = environment["EDGE402_KEYS"]?.slice("1:".length) ?? "";
const [keys] = sampleSecrets.keys;
if (keys === undefined) throw new Error("the sample has a key");

/** Hex is searched for without its prefix: a template or a bundle might hold the digits alone. */
const bare = (hex: string) => hex.replace(/^0x/, "");
const secrets = {
  masterKey,
  invoiceKey: bare(keys.invoice),
  grantKey: bare(keys.grant),
  accessSecret: bare(keys.access),
  cdpKeySecret: sampleSecrets.cdpKeySecret,
  supplierAccessCode: sampleSecrets.supplierAccessCode,
  supplierSecretKey: sampleSecrets.supplierSecretKey,
};

const files = readdirSync(outdir, { recursive: true, encoding: "utf8" })
  .filter((name) => statSync(join(outdir, name)).isFile())
  .map((name) => ({ name, text: readFileSync(join(outdir, name), "utf8") }));
const inAssets = files.filter(({ name }) => name.startsWith("asset."));
const descriptions = files.filter(({ name }) => !name.startsWith("asset."));

function secretsIn(text: string): string[] {
  return Object.entries(secrets)
    .filter(([, value]) => text.includes(value))
    .map(([name]) => name);
}

describe("secrets", () => {
  test("are in no template, manifest, tree or list of assets", () => {
    expect(descriptions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["manifest.json", "tree.json", "edge402-sample-edge.template.json"]),
    );
    expect(descriptions.filter(({ text }) => secretsIn(text).length > 0)).toEqual([]);
  });

  test("are in two bundles, the gateway's and the one that seeds the origin's, and in each what it needs", () => {
    const found = inAssets.map(({ text }) => secretsIn(text)).filter((each) => each.length > 0);
    const atOrigin = ["invoiceKey", "grantKey", "accessSecret"];
    const origin = [...atOrigin, "cdpKeySecret", "supplierAccessCode", "supplierSecretKey"];
    expect(found.toSorted((a, b) => a.length - b.length)).toEqual([
      ["invoiceKey", "grantKey", "cdpKeySecret"],
      origin,
    ]);
  });

  test("change a digest that tells nothing of them", () => {
    const value = originSecretsJson(sampleSecrets);
    const changed = readSecrets({ ...environment, EDGE402_SUPPLIER_SECRET_KEY: "another-4f81c7d2e9b3" });
    const digest = digestOf(value, sampleSecrets);
    expect(digestOf(value, sampleSecrets)).toBe(digest);
    expect(digestOf(originSecretsJson(changed), changed)).not.toBe(digest);
    expect(digestOf(edgeSecretsJson(sampleSecrets), sampleSecrets)).not.toBe(digest);
    const otherKey = readSecrets({
      ...environment,
      EDGE402_KEYS: `1:${masterKey.split("").reverse().join("")}`,
    });
    expect(digestOf(value, otherKey)).not.toBe(digest);
    expect(JSON.stringify(templateOf(stacks.origin))).toContain(digest);
  });
});

test("no source map is deployed", () => {
  expect(
    inAssets.filter(({ name, text }) => name.endsWith(".map") || text.includes("sourceMappingURL")),
  ).toEqual([]);
});

test("bundles can be read by the user that Lambda runs them as", () => {
  const OTHERS_READ = 0o004;
  const unreadable = inAssets.filter(({ name }) => (statSync(join(outdir, name)).mode & OTHERS_READ) === 0);
  expect(unreadable.map(({ name }) => name)).toEqual([]);
});

describe("the sample's stacks", () => {
  test("are refused by CloudFormation before anything is created, all of them", () => {
    for (const stack of Object.values(stacks)) {
      expect(templateOf(stack).Rules["SampleIsNeverDeployed"]).toMatchObject({
        Assertions: [{ Assert: { "Fn::Equals": [{ Ref: "BuiltWith" }, "secrets-of-your-own"] } }],
      });
      expect(stack.templateOptions.description).toMatch(/^edge402: /);
    }
  });
});

test("the operator is told where everything is", () => {
  expect(Object.keys(templateOf(stacks.edge).Outputs)).toEqual(expect.arrayContaining(["PublicUrl"]));
  expect(Object.keys(templateOf(stacks.origin).Outputs)).toEqual(
    expect.arrayContaining(["OriginUrl", "TableName", "LedgerBucket", "RefundKeyId", "RefundWallet"]),
  );
});
