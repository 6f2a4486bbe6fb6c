/** Who is measured, and how each is built. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sample from "../../../edge402.sample.config.ts";
import { bundleEdge } from "../../../lib/bundle/bundle.ts";
import { sampleEnvironment } from "../../../lib/sample.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { parseMerchant } from "../../../protocol/merchant.ts";
import type { Host } from "./measured/job.ts";
import { program } from "./program.ts";

export const OURS = "edge402";
/** It can't be paid. */
export const FLOOR_402 = "floor-402";
export const FLOOR_PAID = "floor-paid";

export const peers = ["lambda-edge", "hono", "express"] as const;

/** Two floors: one only asks for money, the other also takes it. */
export const contestantNames = [OURS, FLOOR_402, FLOOR_PAID, ...peers] as const;

export type ContestantName = (typeof contestantNames)[number];

export interface Contestant {
  readonly name: ContestantName;
  readonly host: Host;
  /** Whether it can be paid. */
  readonly sells: boolean;
  /** Its one file. */
  readonly bundle: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

const hosts: Readonly<Record<ContestantName, Host>> = {
  edge402: "viewer-request",
  "floor-402": "viewer-request",
  "floor-paid": "viewer-request",
  "lambda-edge": "origin-pair",
  hono: "fetch",
  express: "node",
};

/** @throws BundleError */
export function buildContestants(facilitatorUrl: string): readonly Contestant[] {
  return contestantNames.map((name) => {
    const bundle = name === OURS ? ourBundle(facilitatorUrl) : builtWith(name, facilitatorUrl);
    const code = readFileSync(bundle);
    return {
      name,
      host: hosts[name],
      sells: name !== FLOOR_402,
      bundle,
      bytes: code.byteLength,
      gzipBytes: gzipSync(code).byteLength,
    };
  });
}

/** As `cdk deploy` would upload it for the sample store, but for where its facilitator is. */
function ourBundle(facilitatorUrl: string): string {
  const { input, deployment } = parseMerchant(sample);
  const secrets = edgeSecretsJson(readSecrets(sampleEnvironment()));
  const { directory } = bundleEdge(
    "viewer-request",
    { ...input, facilitatorUrl },
    { kind: "inline", secrets },
    deployment.edge.maxCodeKib,
  );
  return join(directory, "index.js");
}

function builtWith(name: string, facilitatorUrl: string): string {
  return program(`scripts/bench/edge/contestants/${name}.ts`, {
    BENCH_FACILITATOR_URL: JSON.stringify(facilitatorUrl),
  });
}
