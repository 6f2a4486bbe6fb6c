/** Compiles the local chain's Solidity contracts with npm's `solc`, offline, and caches the bytecode in node_modules. */

import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import type { Hex } from "viem";

const require = createRequire(import.meta.url);
const cacheDirectory = fileURLToPath(new URL("../../../node_modules/.cache/edge402/", import.meta.url));

/** `cancun` is the oldest EVM that OpenZeppelin 5.7 compiles for, so that an older anvil on PATH works too. */
const settings = { evmVersion: "cancun", optimizer: { enabled: true, runs: 200 } } as const;

const packageJson = v.object({ version: v.string() });
const bytecode = v.pipe(
  v.string(),
  v.regex(/^0x([0-9a-f]{2})+$/),
  v.transform((hex): Hex => `0x${hex.slice(2)}`),
);
const compilerOutput = v.object({
  errors: v.optional(v.array(v.object({ severity: v.string(), formattedMessage: v.string() })), []),
  contracts: v.optional(
    v.record(
      v.string(),
      v.record(v.string(), v.object({ evm: v.object({ bytecode: v.object({ object: v.string() }) }) })),
    ),
    {},
  ),
});

/**
 * The creation bytecode of the one contract in `file`, which is named as the file is.
 *
 * @param file a `.sol` file; it may import from `@openzeppelin/contracts`
 * @throws Error with the compiler's own messages
 */
export async function compileContract(file: URL): Promise<Hex> {
  const name = basename(file.pathname, ".sol");
  const source = await readFile(file, "utf8");
  const [solc, openzeppelin] = await Promise.all([
    packageVersion("solc"),
    packageVersion("@openzeppelin/contracts"),
  ]);
  const key = createHash("sha256")
    .update(JSON.stringify([source, solc, openzeppelin, settings]))
    .digest("hex");
  const cached = join(cacheDirectory, `${name}-${key.slice(0, 32)}.hex`);
  const hit = v.safeParse(bytecode, await readFile(cached, "utf8").catch(() => undefined));
  if (hit.success) return hit.output;

  const compiled = await compile(name, source);
  await mkdir(cacheDirectory, { recursive: true });
  // Another process may be compiling the same source: a rename is atomic, so nobody reads half a file.
  const temporary = `${cached}.${randomUUID()}`;
  await writeFile(temporary, compiled);
  await rename(temporary, cached);
  return compiled;
}

async function compile(name: string, source: string): Promise<Hex> {
  // Imported here because loading the compiler alone takes most of a second.
  const { default: solc } = await import("solc");
  const input = {
    language: "Solidity",
    sources: { [name]: { content: source } },
    settings: { ...settings, outputSelection: { "*": { "*": ["evm.bytecode.object"] } } },
  };
  const raw: unknown = solc.compile(JSON.stringify(input), { import: readImport });
  const output = v.parse(v.pipe(v.string(), v.parseJson(), compilerOutput), raw);
  const errors = output.errors.filter((error) => error.severity === "error");
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  return v.parse(bytecode, `0x${output.contracts[name]?.[name]?.evm.bytecode.object ?? ""}`);
}

function readImport(specifier: string): { contents: string } | { error: string } {
  try {
    return { contents: readFileSync(require.resolve(specifier), "utf8") };
  } catch {
    return { error: `cannot find ${specifier}` };
  }
}

async function packageVersion(name: string): Promise<string> {
  const file = require.resolve(`${name}/package.json`);
  return v.parse(v.pipe(v.string(), v.parseJson(), packageJson), await readFile(file, "utf8")).version;
}
