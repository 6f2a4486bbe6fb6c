/** The eSIM supplier: whether it knows us, whether our credit buys the dearest plan, and what each plan costs there now. */

import { randomUUID } from "node:crypto";
import { createEsimAccess } from "../../../origin/supplier/esim-access.ts";
import type {
  BalanceResult,
  PackagesResult,
  Refused,
  Supplier,
  Unknown,
} from "../../../origin/supplier/port.ts";
import type { Plan } from "../../../protocol/catalog.ts";
import type { Merchant } from "../../../protocol/merchant.ts";
import { wholesalePrice } from "../../../protocol/wholesale.ts";
import { type Check, failed, type Outcome, open, passed, shared } from "../check.ts";
import type { Found, SupplierSecret } from "../environment.ts";
import { hostOf } from "../http.ts";

/** The whole list of packages is a few megabytes. Milliseconds. */
const SUPPLIER_DEADLINE_MS = 20_000;

const CREDENTIALS_FIX =
  "Set EDGE402_SUPPLIER_ACCESS_CODE and EDGE402_SUPPLIER_SECRET_KEY as the supplier's console shows them, and look " +
  "whether it lets this machine's address in.";
const REACH_FIX = "Look at deploy.supplierUrl, and try again.";

/** @param now Unix milliseconds */
export function supplierChecks(
  { config, deployment }: Merchant,
  secret: Found<SupplierSecret>,
  now: () => number,
): readonly Check[] {
  const plans = Object.entries(config.catalog.plans);
  if (config.settle === "origin-response" || plans.length === 0) return [];
  if ("missing" in secret) {
    const finding = `not set: ${secret.missing.join(", ")}`;
    return [{ name: "supplier", run: async () => failed(finding, CREDENTIALS_FIX) }];
  }
  const host = hostOf(deployment.supplierUrl);
  const connect = shared(
    async (): Promise<Supplier> =>
      createEsimAccess({
        baseUrl: deployment.supplierUrl,
        ...secret,
        fetch,
        now,
        randomId: randomUUID,
        deadlineMs: SUPPLIER_DEADLINE_MS,
      }),
  );
  // One list for all plans: one request each would be more a second than the supplier takes.
  const list = shared(async () => (await connect()).packages({}));
  const costs = plans.map(([, plan]) => wholesalePrice(plan.wholesaleUsd));
  return [
    { name: "supplier", run: async () => judgeBalance(host, await (await connect()).balance(), costs) },
    ...plans.map(([id, plan]) => ({
      name: `plan ${id}: supplier's price`,
      run: async () => judgePackage(plan, await list()),
    })),
  ];
}

function judgeBalance(host: string, result: BalanceResult, costs: readonly bigint[]): Outcome {
  if (result.kind !== "ok") return noAnswer(host, result);
  const dearest = costs.reduce((most, cost) => (cost > most ? cost : most), 0n);
  const finding = `${host}, credit ${dollars(result.balance)}`;
  if (result.balance >= dearest) return passed(finding);
  return failed(finding, `Top up: the dearest plan costs ${dollars(dearest)} there.`);
}

function noAnswer(host: string, result: Refused | Unknown): Outcome {
  if (result.kind === "unknown") return failed(`${host}: ${result.detail}`, REACH_FIX);
  const isOurs = result.reason === "access_denied" || result.reason === "clock_rejected";
  return failed(`${host} refuses: ${result.reason} (${result.code})`, isOurs ? CREDENTIALS_FIX : REACH_FIX);
}

function judgePackage({ packageCode, wholesaleUsd }: Plan, result: PackagesResult): Outcome {
  if (result.kind !== "ok") return open("not checked, the supplier did not tell its packages");
  const found = result.packages.find((item) => item.packageCode === packageCode);
  if (found === undefined) {
    return failed(`there is no package ${packageCode}`, "Choose another packageCode for this plan.");
  }
  const expected = wholesalePrice(wholesaleUsd);
  if (found.unitPrice === expected) return passed(`${packageCode} at ${dollars(expected)}`);
  // Orders name their price, so that a dearer one costs nothing: it fails, and so does a cheaper one.
  return failed(
    `${packageCode} costs ${dollars(found.unitPrice)}, the configuration says ${dollars(expected)}`,
    `Orders will fail until wholesaleUsd is "${plainDollars(found.unitPrice)}"; look whether the price still fits.`,
  );
}

/** From US dollars × 10,000; two to four decimals. */
function plainDollars(amount: bigint): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(5, "0");
  const fraction = digits.slice(-4).replace(/0{1,2}$/, "");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -4)}.${fraction}`;
}

function dollars(amount: bigint): string {
  return `$${plainDollars(amount)}`;
}
