/** The origin's bundles in this process, with the environment that Lambda would give them. */

import { createRequire } from "node:module";
import { join } from "node:path";
import * as v from "valibot";
import { onTestFinished, vi } from "vitest";
import type { Bundle } from "../../../lib/bundle/bundle.ts";

export type Handler = (event: unknown) => Promise<unknown>;

/** Where nobody answers. */
const NOWHERE = "http://127.0.0.1:9";

const environment = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "of the role",
  AWS_ENDPOINT_URL: NOWHERE,
  EDGE402_TABLE: "purchases",
  EDGE402_SECRET_ID: "origin",
  EDGE402_REFUND_KEY_ID: "refunds",
  EDGE402_ARCHIVE_BUCKET: "ledgers",
  EDGE402_ARCHIVE_RETENTION_DAYS: "1",
  EDGE402_WORK_QUEUE_URL: `${NOWHERE}/work`,
  EDGE402_SUPPLIER_URL: NOWHERE,
  EDGE402_SERVICE: "Test shop",
};

const moduleSchema = v.object({ handler: v.function() });

/**
 * A new instance: what it keeps between calls is its own.
 *
 * @param env on top of one in which nothing can be reached; for the rest of the test
 */
export function loadOrigin({ directory }: Bundle, env: Readonly<Record<string, string>> = {}): Handler {
  for (const [name, value] of Object.entries({ ...environment, ...env })) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const require = createRequire(import.meta.url);
  const file = join(directory, "index.js");
  delete require.cache[file];
  const { handler } = v.parse(moduleSchema, require(file));
  return async (event) => handler(event);
}

/** What the functions write, errors among them. It is shown nowhere. */
export function silenceOutput(): { readonly text: () => string } {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const spy = vi.spyOn(stream, "write").mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
    onTestFinished(() => spy.mockRestore());
  }
  return { text: () => written.join("") };
}
