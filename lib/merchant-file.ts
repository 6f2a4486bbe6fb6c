/** Reads the file that a merchant edits, wherever it is. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { tsImport } from "tsx/esm/api";
import * as v from "valibot";
import { ConfigError } from "../protocol/config.ts";

const moduleSchema = v.object({ default: v.unknown() });

/** Where no package.json says otherwise, the file is loaded as CommonJS, and all its exports are the default one. */
const commonJsSchema = v.object({ default: moduleSchema });

/**
 * What the file exports by default, unparsed.
 *
 * @param path from the working directory, for example `edge402.config.ts`
 * @throws ConfigError where the file can't be read
 */
export async function readMerchantFile(path: string): Promise<unknown> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    const loaded: unknown = await tsImport(url, import.meta.url);
    return v.is(commonJsSchema, loaded) ? loaded.default.default : v.parse(moduleSchema, loaded).default;
  } catch (error) {
    const [reason = "unknown fault"] = (error instanceof Error ? error.message : "unknown fault").split("\n");
    throw new ConfigError([`${path}: can't be read: ${reason}`]);
  }
}
