/** `npm run catalog` as a function: from arguments and environment to lines and the exit code. */

import { randomUUID } from "node:crypto";
import { createEsimAccess } from "../../origin/supplier/esim-access.ts";
import type { PackagesResult, SupplierPackage } from "../../origin/supplier/port.ts";
import { formatWholesale } from "../../protocol/wholesale.ts";
import { exitCodeOf, FAILED_EXIT_CODE, MendableError, type Output } from "../command.ts";
import { readConfigFile } from "../doctor/config-file.ts";
import { type Environment, supplierSecret } from "../doctor/environment.ts";
import { type CatalogCommand, helpText, parseCommandLine } from "./command-line.ts";
import { compare, type Difference, describeDifference } from "./compare.ts";
import { writePrices } from "./write.ts";

/** The whole list of packages is a few megabytes. Milliseconds. */
const SUPPLIER_DEADLINE_MS = 20_000;

/** Runs the command and returns its exit code. */
export async function runCatalog(
  args: readonly string[],
  environment: Environment,
  output: Output,
): Promise<number> {
  return exitCodeOf(async () => {
    const command = parseCommandLine(args);
    if (command.kind === "help") {
      output.out(helpText);
      return 0;
    }
    return run(command, environment, output);
  }, output);
}

async function run(
  { kind, configFile, country }: Exclude<CatalogCommand, { kind: "help" }>,
  environment: Environment,
  output: Output,
): Promise<number> {
  const read = await readConfigFile(configFile);
  if (!read.ok) throw new MendableError([`${configFile} can't be used:`, ...read.reason].join("\n  "));
  const { config, deployment } = read.value;
  const packages = await packagesOf(deployment.supplierUrl, environment);
  if (kind === "show") for (const line of listed(packages, country)) output.out(line);

  const differences = compare(config.catalog, packages);
  for (const difference of differences) output.out(describeDifference(difference));
  if (differences.length === 0) output.out("The catalog is as the supplier's packages are.");
  if (differences.some(isUnderCost)) {
    output.err("A plan would be sold under cost: raise its price, or choose another package.");
    return FAILED_EXIT_CODE;
  }
  if (kind === "write") return write(configFile, differences, output);
  return kind === "check" && differences.length > 0 ? FAILED_EXIT_CODE : 0;
}

function isUnderCost(difference: Difference): boolean {
  return difference.kind === "price" && difference.underCost;
}

async function write(
  configFile: string,
  differences: readonly Difference[],
  output: Output,
): Promise<number> {
  const moved = differences.filter((difference) => difference.kind === "price");
  if (moved.length > 0) {
    if (!(await writePrices(configFile, moved))) {
      throw new MendableError(`${configFile} is left as it was: its prices have to be changed by hand.`);
    }
    output.out(`Written to ${configFile}: ${moved.length} prices. Look at them before you deploy.`);
  }
  if (moved.length === differences.length) return 0;
  output.err("The other differences have to be mended by hand.");
  return FAILED_EXIT_CODE;
}

async function packagesOf(baseUrl: string, environment: Environment): Promise<readonly SupplierPackage[]> {
  const secret = supplierSecret(environment);
  if ("missing" in secret) throw new MendableError(`Not set: ${secret.missing.join(", ")}.`);
  const supplier = createEsimAccess({
    baseUrl,
    ...secret,
    fetch,
    now: Date.now,
    randomId: randomUUID,
    deadlineMs: SUPPLIER_DEADLINE_MS,
  });
  const result = await supplier.packages({});
  if (result.kind !== "ok") throw new MendableError(`The supplier told no packages: ${reasonOf(result)}.`);
  return result.packages;
}

function reasonOf(result: Exclude<PackagesResult, { kind: "ok" }>): string {
  return result.kind === "refused" ? `${result.reason} (${result.code})` : result.detail;
}

const BYTES_PER_MB = 1_048_576n;

function listed(packages: readonly SupplierPackage[], country: string | null): readonly string[] {
  return packages
    .filter(({ locations }) => country === null || locations.includes(country))
    .map(({ packageCode, name, unitPrice, volumeBytes, duration, durationUnit, locations }) => {
      const data = `${volumeBytes / BYTES_PER_MB} MB`.padStart(9);
      const price = `$${formatWholesale(unitPrice)}`.padStart(9);
      const time = `${duration} ${durationUnit}`.padStart(7);
      const places = locations.length > 3 ? `${locations.length} countries` : locations.join(",");
      return `${packageCode.padEnd(12)} ${price} ${data} ${time}  ${places}  ${name.replaceAll(/\p{C}/gu, "?")}`;
    });
}
