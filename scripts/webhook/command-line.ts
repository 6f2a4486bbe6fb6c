/** The command line of `npm run webhook`. */

import { parseArgs } from "node:util";
import { UsageError } from "../command.ts";

export type WebhookCommand =
  | { readonly kind: "help" }
  | { readonly kind: "save"; readonly configFile: string };

const DEFAULT_CONFIG = "edge402.config.ts";

export const helpText = `Tells the supplier where to send its notifications: to a secret path at the gateway.

  npm run webhook

  --config FILE    the merchant's configuration (default: ${DEFAULT_CONFIG})
  --help           this text

EDGE402_KEYS, EDGE402_SUPPLIER_ACCESS_CODE and EDGE402_SUPPLIER_SECRET_KEY are read from the environment. The path is made
of the first key: run it after the first deployment, and again after each rotation. The supplier calls the gateway before
it takes the address, so deploy first.

Exit codes:
  0  saved
  1  not saved
  2  the command line is wrong`;

const options = { config: { type: "string" }, help: { type: "boolean" } } as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): WebhookCommand {
  const { help = false, config: configFile = DEFAULT_CONFIG } = read(args);
  return help ? { kind: "help" } : { kind: "save", configFile };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The command line can't be read.");
  }
}
