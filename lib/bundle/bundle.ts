/** Builds each function into the one file that is deployed: same input, same bytes. */

import type { BundledSecrets } from "../../edge/entry/secrets-json.ts";
import { type Config, type ConfigInput, parseConfig } from "../../protocol/config.ts";
import { sealConfig } from "../../protocol/sealed-config.ts";
import { type Built, buildFile } from "./build-file.ts";
import { BundleError } from "./bundle-error.ts";
import { edgeContents, originContents } from "./contents.ts";
import { firstFunctions } from "./first-functions.ts";
import { webAssembly } from "./webassembly.ts";
import { writeBundle } from "./write-bundle.ts";

export { BundleError } from "./bundle-error.ts";
export type { BundledSecrets };

/** A CommonJS `index.js` whose handler is `index.handler`. */
export interface Bundle {
  /** A folder that holds the file and nothing else. It is gone when the process ends. */
  readonly directory: string;
  readonly bytes: number;
  /** The source files inside, from the repository's root, ascending. */
  readonly modules: readonly string[];
}

export type EdgeEntry = "viewer-request" | "origin-response";
export type OriginEntry = "http" | "worker" | "sweeper" | "reconciler" | "exporter" | "watcher" | "pool";

const KIB = 1_024;

/**
 * @param maxCodeKib `deployment.edge.maxCodeKib`
 * @throws ConfigError, and BundleError when it is larger than that, or holds what the edge can't have
 */
export function bundleEdge(
  entry: EdgeEntry,
  input: ConfigInput,
  secrets: BundledSecrets,
  maxCodeKib: number,
): Bundle {
  const source = `edge/entry/${entry}.ts`;
  // Usage is the origin's matter, and its keys would cost each payer start-up time.
  const config = parseConfig({ ...input, usage: undefined });
  const built = buildFile(
    source,
    edgeValues(config, secrets),
    entry === "viewer-request" ? firstFunctions : undefined,
  );
  check(source, built, edgeContents);
  if (built.code.byteLength > maxCodeKib * KIB) {
    const size = Math.ceil(built.code.byteLength / KIB);
    throw new BundleError(`${source} becomes ${size} KiB, and deploy.edge.maxCodeKib is ${maxCodeKib}`);
  }
  return writeBundle(built);
}

/** What an edge function is built with. */
export function edgeValues(config: Config, secrets: BundledSecrets): Readonly<Record<string, string>> {
  return {
    ...webAssembly,
    EDGE402_SEALED_CONFIG: JSON.stringify(sealConfig(config)),
    EDGE402_SETTLE: JSON.stringify(config.settle),
    // The way of reading them that is not taken is left out.
    EDGE402_INLINE_SECRETS: secrets.kind === "inline" ? literal(secrets) : "undefined",
    EDGE402_SECRET_PLACE: secrets.kind === "inline" ? "undefined" : literal(secrets),
  };
}

/** JSON, as a string of the code. */
function literal(value: unknown): string {
  return JSON.stringify(JSON.stringify(value));
}

/** @throws BundleError */
export function bundleOrigin(entry: OriginEntry, input: ConfigInput): Bundle {
  return bundleAtOrigin(entry, { EDGE402_CONFIG: JSON.stringify(input) });
}

/**
 * The function that writes a secret's value into Secrets Manager.
 *
 * @param secret JSON
 * @throws BundleError
 */
export function bundleSeed(secret: unknown): Bundle {
  return bundleAtOrigin("seed-secrets", { EDGE402_SEED: JSON.stringify(secret) });
}

function bundleAtOrigin(entry: string, values: Readonly<Record<string, string>>): Bundle {
  const source = `origin/entry/${entry}.ts`;
  const built = buildFile(source, { ...webAssembly, ...values });
  check(source, built, originContents);
  return writeBundle(built);
}

/** @throws BundleError */
function check(source: string, built: Built, faultsOf: (built: Built) => readonly string[]): void {
  const faults = faultsOf(built);
  if (faults.length > 0) throw new BundleError(`${source} must not hold ${faults.join(", ")}`);
}
