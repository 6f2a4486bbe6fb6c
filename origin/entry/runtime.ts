/**
 * The origin as its functions run it: put together at the first call from configuration, environment and secret, and
 * again once the secret is another one.
 */

import { type Cached, cached } from "../../protocol/cached.ts";
import { parseConfig } from "../../protocol/config.ts";
import { createS3Objects } from "../archive/s3.ts";
import { createArchive } from "../archive/store.ts";
import type { OriginLogEvent } from "../log.ts";
import { createOrigin, type Origin, type OriginSecrets, type OriginSettings } from "../origin.ts";
import { createKmsSigner } from "../signer/kms.ts";
import { createOriginSink } from "../telemetry/sink.ts";
import { createTelemetry } from "../telemetry/telemetry.ts";
import { kms, s3, secretsManager, sqs } from "./clients.ts";
import { type OriginEnvironment, readEnvironment } from "./environment.ts";
import { createHandOver } from "./hand-over.ts";
import { createSecretReader } from "./read-secret.ts";
import { readOriginSecrets } from "./secrets-json.ts";

/** For how long a secret is used before it is read again. Milliseconds. */
const SECRET_TTL_MS = 300_000;

/** Between two readings, where a known secret can stand in. Milliseconds. */
const PAUSE_MS = 10_000;

/** A buyer waits at cold start. Milliseconds. */
const READ_SECRET_MS = 1_500;

/** One call to KMS. Milliseconds. */
const SIGN_MS = 5_000;

const DAY_MS = 86_400_000;

export interface Runtime {
  readonly origin: Origin;
  readonly secrets: OriginSecrets;
  readonly log: (event: OriginLogEvent) => void;
}

/** @throws EnvironmentError  @returns a runtime whose `get` rejects while the secret can't be had */
export function createRuntime(env: Readonly<Record<string, string | undefined>>): Cached<Runtime> {
  const config = parseConfig(EDGE402_CONFIG);
  const environment = readEnvironment(env);
  const { service, otlpUrl, secretId } = environment;
  const write = createOriginSink({ service });
  const telemetry = createTelemetry({ service, otlpUrl, log: write });
  const log = (event: OriginLogEvent) => write({ ...event, trace_id: telemetry.traceId() });

  const settings = { ...settingsOf(environment, log), telemetry };
  const read = createSecretReader(secretsManager(), secretId, READ_SECRET_MS);
  const create = (text: string): Runtime => {
    const secrets = readOriginSecrets(text);
    return { origin: createOrigin(config, secrets, settings, write), secrets, log };
  };
  return cached({
    load: loader(read, create, log),
    ttlMs: SECRET_TTL_MS,
    pauseMs: PAUSE_MS,
    now: () => Date.now(),
  });
}

function settingsOf(environment: OriginEnvironment, log: Runtime["log"]): OriginSettings {
  const { table, supplierUrl, refundKeyId, archiveBucket, archiveRetentionDays, workQueueUrl } = environment;
  const retainUntil = () => new Date(Date.now() + archiveRetentionDays * DAY_MS);
  return {
    table,
    dynamo: {},
    supplierUrl,
    refundSigner: createKmsSigner({ client: kms(), keyId: refundKeyId, deadlineMs: SIGN_MS }),
    archive: createArchive(createS3Objects(s3(), { bucket: archiveBucket, retainUntil })),
    handOver: createHandOver(sqs(), workQueueUrl, log),
  };
}

/** An origin that is there already is kept as long as the secret is the same: it has open connections. */
function loader(
  read: () => Promise<string>,
  create: (secret: string) => Runtime,
  log: Runtime["log"],
): () => Promise<Runtime> {
  let latest: { readonly text: string; readonly runtime: Runtime } | undefined;
  return async () => {
    try {
      const text = await read();
      if (text !== latest?.text) latest = { text, runtime: create(text) };
      return latest.runtime;
    } catch (error) {
      log({ event: "internal_error", error: error instanceof Error ? error.name : "unknown" });
      throw error;
    }
  };
}
