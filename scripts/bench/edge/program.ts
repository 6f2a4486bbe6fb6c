/** A program of the benchmark, built as the contestants are: started with nothing but Node.js. */

import { join } from "node:path";
import { buildFile } from "../../../lib/bundle/build-file.ts";
import { writeBundle } from "../../../lib/bundle/write-bundle.ts";

/**
 * @param source from the repository's root
 * @param values JavaScript literals, by the names that they replace
 * @returns the built file, which is gone when this process ends
 * @throws BundleError
 */
export function program(source: string, values: Readonly<Record<string, string>> = {}): string {
  return join(writeBundle(buildFile(source, values)).directory, "index.js");
}
