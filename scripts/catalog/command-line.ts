/** The command line of `npm run catalog`. */

import { parseArgs } from "node:util";
import { UsageError } from "../command.ts";

export type CatalogCommand =
  | { readonly kind: "help" }
  | {
      readonly kind: "show" | "check" | "write";
      readonly configFile: string;
      /** Shows only the packages that work in this country; null shows all. */
      readonly country: string | null;
    };

const DEFAULT_CONFIG = "edge402.config.ts";

export const helpText = `Compares the catalog in the configuration with the supplier's packages.

  npm run catalog                 lists the supplier's packages and the differences
  npm run catalog -- --check      the differences alone; fails where there is one
  npm run catalog -- --write      writes moved prices into the configuration, unless a plan would be sold under cost

  --config FILE    the merchant's configuration (default: ${DEFAULT_CONFIG})
  --country CC     lists the packages that work in this country alone, such as US
  --help           this text

EDGE402_SUPPLIER_ACCESS_CODE and EDGE402_SUPPLIER_SECRET_KEY are read from the environment.

Exit codes:
  0  nothing to mend; without --check also where something differs that costs nothing
  1  a difference with --check, one that --write could not mend, a plan under cost, or no answer from the supplier
  2  the command line is wrong`;

const options = {
  check: { type: "boolean" },
  write: { type: "boolean" },
  config: { type: "string" },
  country: { type: "string" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): CatalogCommand {
  const values = read(args);
  if (values.help === true) return { kind: "help" };
  if (values.check === true && values.write === true) {
    throw new UsageError("Give --check or --write, not both.");
  }
  const kind = values.check === true ? "check" : values.write === true ? "write" : "show";
  const { config: configFile = DEFAULT_CONFIG, country = null } = values;
  if (country !== null && !/^[A-Z]{2}$/.test(country)) {
    throw new UsageError("--country is a code of two capitals, such as US.");
  }
  if (country !== null && kind !== "show")
    throw new UsageError("--country goes with neither --check nor --write.");
  return { kind, configFile, country };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The command line can't be read.");
  }
}
