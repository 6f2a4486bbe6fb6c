/** An edge function whose secrets are read from Secrets Manager: at cold start, and again every few minutes. */

import { cached } from "../../protocol/cached.ts";
import type { Config } from "../../protocol/config.ts";
import { SecretUnavailableError } from "../adapters/secrets-manager.ts";
import type { TracedLog } from "../log.ts";
import type { EdgeSecrets } from "../secrets.ts";
import type { EdgeFunction } from "./edge-function.ts";
import { readEdgeSecrets } from "./secrets-json.ts";

/** For how long secrets are used before they are read again. Milliseconds. */
const SECRETS_TTL_MS = 300_000;

/** For how long known secrets are used after a failed reading. Milliseconds. */
const PAUSE_MS = 15_000;

/** The share of the edge's budget that reading may take. */
const READ_SHARE = 0.5;

/** What is read here is for no request alone, so it is in no trace. */
const NO_TRACE = () => "0".repeat(32);

/** A wait that leaves a request its budget as it is. Milliseconds. */
const NO_WAIT_MS = 50;

export interface ReadSecretsPorts {
  readonly config: Config;
  /** The secret's text by a deadline, Unix milliseconds. @throws SecretUnavailableError */
  readonly read: (deadline: number) => Promise<string>;
  /** Whether they can be used at all: a wrong key is to be noticed before a payment comes. @throws CdpKeyError */
  readonly check: (secrets: EdgeSecrets) => Promise<void>;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: TracedLog;
}

interface Ready<Event, Answer> {
  readonly text: string;
  readonly secrets: EdgeSecrets;
  readonly handler: (event: Event) => Promise<Answer>;
}

export function withReadSecrets<Event, Answer>(
  { create, notReady }: EdgeFunction<Event, Answer>,
  { config, read, check, now, log }: ReadSecretsPorts,
): (event: Event) => Promise<Answer> {
  let latest: Ready<Event, Answer> | undefined;

  async function load(): Promise<Ready<Event, Answer>> {
    try {
      const text = await read(now() + READ_SHARE * config.budgets.edgeMs);
      if (text !== latest?.text) {
        const secrets = readEdgeSecrets(text);
        await check(secrets);
        latest = { text, secrets, handler: create(config, secrets, log) };
      }
      return latest;
    } catch (error) {
      log({ event: "internal_error", error: nameOf(error) }, NO_TRACE);
      throw error;
    }
  }

  const ready = cached({ load, ttlMs: SECRETS_TTL_MS, pauseMs: PAUSE_MS, now });
  return async (event) => {
    const asked = now();
    let current: Ready<Event, Answer>;
    try {
      current = await ready.get();
    } catch {
      return notReady(event);
    }
    const waited = now() - asked;
    if (waited < NO_WAIT_MS) return current.handler(event);
    // Lambda's clock has been running: a settlement that it cuts off may have taken the money.
    return create(afterWaiting(config, waited), current.secrets, log)(event);
  };
}

/** The configuration for a request that has waited already. */
function afterWaiting(config: Config, waitedMs: number): Config {
  const { budgets } = config;
  const edgeMs = Math.max(0, budgets.edgeMs - waitedMs);
  const verifyMs = Math.floor((budgets.verifyMs * edgeMs) / budgets.edgeMs);
  const originResponseMs = Math.max(0, budgets.originResponseMs - waitedMs);
  return { ...config, budgets: { ...budgets, edgeMs, verifyMs, originResponseMs } };
}

function nameOf(error: unknown): string {
  if (error instanceof SecretUnavailableError) return `secret_${error.fault}`;
  return error instanceof Error ? error.name : "unknown";
}
