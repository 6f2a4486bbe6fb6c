/** Contracts compile offline, once, and a fault in one is told in the compiler's words. */

import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileContract } from "../../../scripts/local/chain/compile.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "edge402-compile-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function source(name: string, body: string): Promise<URL> {
  const file = join(directory, `${name}.sol`);
  await writeFile(
    file,
    `// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.26;\ncontract ${name} { ${body} }\n`,
  );
  return pathToFileURL(file);
}

test("compilations of one source at the same time agree, and a changed source is compiled anew", async () => {
  const first = await source("Counter", `string public constant tag = "${randomUUID()}";`);
  const [a, b] = await Promise.all([compileContract(first), compileContract(first)]);
  expect(a).toBe(b);
  expect(await compileContract(first)).toBe(a);
  await source("Counter", `string public constant tag = "${randomUUID()}";`);
  expect(await compileContract(first)).not.toBe(a);
});

test("a source that does not compile is refused with the compiler's message", async () => {
  await expect(compileContract(await source("Broken", "uint256 x = ;"))).rejects.toThrow("ParserError");
});
