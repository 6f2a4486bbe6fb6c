/** One run of esbuild, in memory: an entry's source into one minified CommonJS file, and what went into it. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildFailure, buildSync, type Message, transformSync } from "esbuild";
import { BundleError } from "./bundle-error.ts";
import { compiledAtOnce } from "./compiled-at-once.ts";

export interface Built {
  readonly code: Uint8Array;
  /** Source files of which something is in the code, from the repository's root, ascending. */
  readonly modules: readonly string[];
  /** What the code requires at run time, ascending. */
  readonly externals: readonly string[];
}

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The oldest runtime that the functions are deployed on. */
const TARGET = "node22";

/** Values that are built in stand in modules with such names. */
const DEFINED = "<define:";

type Names = Readonly<Record<string, readonly string[]>>;

/**
 * @param source from the repository's root
 * @param values JavaScript literals, by the names that they replace
 * @param first functions that V8 is to compile when it reads the file, by their module
 * @throws BundleError
 */
export function buildFile(source: string, values: Readonly<Record<string, string>>, first?: Names): Built {
  const result = bundled(source, values, first === undefined);
  const [file] = result.outputFiles;
  const [output] = Object.values(result.metafile.outputs);
  if (file === undefined || output === undefined) throw new BundleError(`${source} became no file`);
  const modules = Object.entries(output.inputs)
    .filter(([name, { bytesInOutput }]) => bytesInOutput > 0 && !name.startsWith(DEFINED))
    .map(([name]) => name);
  const externals = output.imports.filter(({ external }) => external === true).map(({ path }) => path);
  const code = first === undefined ? file.contents : minified(source, compiledAtOnce(file.text, first));
  return { code, modules: modules.sort(), externals: [...new Set(externals)].sort() };
}

/** The same before it is minified: for whoever wants to know which functions run. @throws BundleError */
export function readableFile(source: string, values: Readonly<Record<string, string>>): string {
  const [file] = bundled(source, values, false).outputFiles;
  return file?.text ?? "";
}

function minified(source: string, code: string): Uint8Array {
  try {
    const { code: text } = transformSync(code, {
      minify: true,
      platform: "node",
      target: TARGET,
      format: "cjs",
      logLevel: "silent",
    });
    return Buffer.from(text);
  } catch (error) {
    throw isBuildFailure(error) ? complaint(source, error.errors) : error;
  }
}

function bundled(source: string, values: Readonly<Record<string, string>>, minify: boolean) {
  try {
    const result = buildSync({
      entryPoints: [source],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      target: TARGET,
      format: "cjs",
      // What is imported late is required late: a CommonJS file's own import() would start the loader of ES modules.
      supported: { "dynamic-import": false },
      // ESM first: only that can be shaken.
      mainFields: ["module", "main"],
      minify,
      // It would tell what the minified code means, and quote every value that is built in.
      sourcemap: false,
      legalComments: "none",
      define: values,
      logLevel: "silent",
    });
    if (result.warnings.length > 0) throw complaint(source, result.warnings);
    return result;
  } catch (error) {
    throw isBuildFailure(error) ? complaint(source, error.errors) : error;
  }
}

/** A message without a place is about the options, and would quote the values. */
function complaint(source: string, messages: readonly Message[]): BundleError {
  const lines = messages.map(({ text, location }) =>
    location === null ? "esbuild refused its options" : `${location.file}:${location.line}: ${text}`,
  );
  return new BundleError(`${source} can't be built:\n${lines.join("\n")}`);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}
