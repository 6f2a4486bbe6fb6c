/** `npm run catalog` against the simulated supplier: it sees what moved, mends prices, and sells nothing under cost. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import ownConfig from "../../edge402.config.ts";
import type { MerchantInput } from "../../protocol/merchant.ts";
import { runCatalog } from "../../scripts/catalog/command.ts";
import { type SimulatedSupplier, startSupplier } from "../../scripts/local/supplier/supplier.ts";

const SECRET = { accessCode: "access-code-1234", secretKey: "secret-key-5678" };

const ENVIRONMENT = {
  EDGE402_SUPPLIER_ACCESS_CODE: SECRET.accessCode,
  EDGE402_SUPPLIER_SECRET_KEY: SECRET.secretKey,
};

const PLAN = {
  price: "4.20",
  title: "United States, 1 GB, 7 days",
  coverage: ["US"],
  dataMb: 1_024,
  days: 7,
  packageCode: "CKH802",
  wholesaleUsd: "0.90",
};

let supplier: SimulatedSupplier;
let folder: string;
let file: string;

beforeAll(async () => {
  supplier = await startSupplier(SECRET);
});
afterAll(() => supplier.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edge402-catalog-"));
  file = join(folder, "edge402.config.ts");
});
afterEach(() => {
  supplier.setPrice("CKH802", 9_000n);
  rmSync(folder, { recursive: true, force: true });
});

function write(catalog: unknown): void {
  const config = { ...ownConfig, catalog, deploy: { supplierUrl: supplier.url } };
  // As a person writes it: bare keys, one property a line.
  const text = JSON.stringify(config, null, 2).replaceAll(/^(\s*)"([a-zA-Z]+)":/gm, "$1$2:");
  writeFileSync(file, `// Mine.\nexport default ${text};\n`);
}

const withPlans = (...plans: Partial<typeof PLAN>[]) => ({
  plans: Object.fromEntries(plans.map((change, index) => [`plan-${index}`, { ...PLAN, ...change }])),
  resources: {},
});

async function run(...args: string[]) {
  const lines: string[] = [];
  const errors: string[] = [];
  const output = { out: (line: string) => lines.push(line), err: (line: string) => errors.push(line) };
  const code = await runCatalog(["--config", file, ...args], ENVIRONMENT, output);
  return { code, text: lines.join("\n"), errors: errors.join("\n") };
}

describe("a catalog that is as the supplier's packages are", () => {
  test("is the repository's own, and the check says so", async () => {
    write(ownConfig.catalog satisfies MerchantInput["catalog"]);
    const { code, text } = await run("--check");
    expect(text).toBe("The catalog is as the supplier's packages are.");
    expect(code).toBe(0);
  });

  test("is shown beside the packages, all of them or one country's", async () => {
    write(withPlans({}));
    const all = await run();
    expect(all.code).toBe(0);
    expect(all.text).toMatch(/^CKH802 +\$0\.90 +1024 MB +7 DAY +US +United States/m);
    expect(all.text).toContain("CKH523");
    expect(all.text).not.toContain("TOPUP_");
    const american = await run("--country", "US");
    expect(american.text).toContain("CKH802");
    expect(american.text).not.toContain("CKH523");
  });

  test("is not written to", async () => {
    write(withPlans({}));
    const before = readFileSync(file, "utf8");
    expect((await run("--write")).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

describe("a difference", () => {
  test.each<[string, Partial<typeof PLAN>, string]>([
    ["of a price", { wholesaleUsd: "0.95" }, "costs $0.90, not $0.95"],
    ["of a package that is gone", { packageCode: "CKH000" }, "the supplier has no such package"],
    ["of its data", { dataMb: 2_048 }, "holds 1024 MB, not 2048"],
    ["of its days", { days: 8 }, "lasts 7 DAY, not 8 DAY"],
    ["of a country that is lost", { coverage: ["US", "MX"] }, "does not work in MX"],
    [
      "of a country more",
      { packageCode: "CKH491", coverage: ["US"], wholesaleUsd: "2.30" },
      "works also in MX, CA",
    ],
  ])("%s is shown, and fails the check alone", async (_, change, finding) => {
    write(withPlans(change));
    expect(await run("--check")).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^catalog\.plans\.plan-0 \(CKH\d+\): /),
    });
    const shown = await run();
    expect(shown.code).toBe(0);
    expect(shown.text).toContain(finding);
  });

  test("of a metered package's operators is shown", async () => {
    const [item] = ownConfig.catalog.metered?.packages ?? [];
    const operators = { US: ["T-Mobile", "US Cellular"] };
    const metered = { ...ownConfig.catalog.metered, packages: [{ ...item, operators }] };
    write({ ...withPlans({}), metered });
    const { code, text } = await run("--check");
    expect(text).toContain("catalog.metered.packages.0 (CKH800): does not work on US Cellular in US");
    expect(code).toBe(1);
  });
});

describe("a price that moved", () => {
  test("is written wherever the package stands, and nothing else is touched", async () => {
    const metered = ownConfig.catalog.metered;
    write({
      ...withPlans({}, { packageCode: "CKH806", dataMb: 3_072, days: 30, wholesaleUsd: "2.60" }),
      metered,
    });
    const before = readFileSync(file, "utf8");
    supplier.setPrice("CKH802", 9_501n);
    const { code, text } = await run("--write");
    expect(text).toContain("2 prices");
    expect(code).toBe(0);
    const after = readFileSync(file, "utf8");
    expect(after).toBe(before.replaceAll('"0.90"', '"0.9501"'));
    expect(after).not.toBe(before);
    expect(await run("--check")).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toEqual(["edge402.config.ts"]);
  });

  test("is written, and what else differs is left to a person", async () => {
    write(withPlans({}, { packageCode: "CKH000" }));
    supplier.setPrice("CKH802", 8_000n);
    const { code, errors } = await run("--write");
    expect(code).toBe(1);
    expect(errors).toContain("by hand");
    expect(readFileSync(file, "utf8")).toContain('"0.80"');
  });

  test("is not written where the file computes it", async () => {
    writeFileSync(
      file,
      `const wholesaleUsd = ["0", "90"].join(".");
const config = ${JSON.stringify({ ...ownConfig, deploy: { supplierUrl: supplier.url } })};
config.catalog = { plans: { one: { ...${JSON.stringify({ ...PLAN, wholesaleUsd: undefined })}, wholesaleUsd } }, resources: {} };
export default config;
`,
    );
    const before = readFileSync(file, "utf8");
    supplier.setPrice("CKH802", 9_501n);
    const { code, errors } = await run("--write");
    expect(code).toBe(1);
    expect(errors).toContain("is left as it was");
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readdirSync(folder)).toEqual(["edge402.config.ts"]);
  });
});

test.each([[], ["--check"], ["--write"]])("a plan under cost is refused, with %s", async (...flags) => {
  write(withPlans({ price: "1.00" }));
  const before = readFileSync(file, "utf8");
  supplier.setPrice("CKH802", 10_001n);
  const { code, text, errors } = await run(...flags);
  expect(code).toBe(1);
  expect(text).toContain("costs $1.0001 and is sold for 1.00 USDC, under cost");
  expect(errors).toContain("under cost");
  expect(readFileSync(file, "utf8")).toBe(before);
});

describe("the command", () => {
  test("says what it needs", async () => {
    write(withPlans({}));
    const errors: string[] = [];
    const code = await runCatalog(
      ["--config", file],
      {},
      { out: () => {}, err: (line) => errors.push(line) },
    );
    expect(code).toBe(1);
    expect(errors.join()).toContain("EDGE402_SUPPLIER_ACCESS_CODE, EDGE402_SUPPLIER_SECRET_KEY");
  });

  test("names the faults of a configuration", async () => {
    write(withPlans({ wholesaleUsd: "1" }));
    expect(await run("--check")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("catalog.plans.plan-0.wholesaleUsd"),
    });
  });

  test("says that the supplier did not answer, and names no secret", async () => {
    write(withPlans({}));
    supplier.faults.add("package/list", { kind: "error", code: "101003" });
    const { code, errors } = await run("--check");
    expect(code).toBe(1);
    expect(errors).toContain("access_denied");
    expect(errors).not.toContain(SECRET.secretKey);
  });

  test.each([
    [["--check", "--write"]],
    [["--country", "usa"]],
    [["--country", "US", "--check"]],
    [["--colour"]],
    [["CKH802"]],
    [["--config", "/nowhere/edge402.config.ts"]],
  ])("refuses %j", async (args) => {
    const errors: string[] = [];
    const code = await runCatalog(args, ENVIRONMENT, { out: () => {}, err: (line) => errors.push(line) });
    expect(code).toBe(2);
    expect(errors.join()).toContain("See --help.");
  });

  test("explains itself", async () => {
    expect(await run("--help")).toMatchObject({ code: 0, text: expect.stringContaining("npm run catalog") });
  });
});
