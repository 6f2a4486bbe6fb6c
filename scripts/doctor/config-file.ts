/** Reads the merchant's configuration file, and says all that is wrong with it. */

import { statSync } from "node:fs";
import { readMerchantFile } from "../../lib/merchant-file.ts";
import { ConfigError } from "../../protocol/config.ts";
import { type Merchant, parseMerchant } from "../../protocol/merchant.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { UsageError } from "../command.ts";

/** @throws UsageError when there is no such file */
export async function readConfigFile(file: string): Promise<Result<Merchant, readonly string[]>> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UsageError(`There is no configuration file ${file}.`);
  }
  try {
    return ok(parseMerchant(await readMerchantFile(file)));
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.faults);
    throw error;
  }
}
