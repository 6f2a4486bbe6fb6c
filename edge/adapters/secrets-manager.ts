/** Reads one secret from AWS Secrets Manager with plain POSTs, a few tries within one deadline. */

import type { PostJson, PostResult } from "../../protocol/facilitator.ts";
import { anyText, attempt, fieldsOf } from "../../protocol/fields.ts";
import { parseJson } from "../../protocol/text.ts";
import { type AwsCredentials, signedHeaders } from "./sigv4.ts";

export type SecretFault =
  /** The environment holds no credentials. */
  | "no_credentials"
  /** The role may not read it, or decrypt it. */
  | "access_denied"
  | "not_found"
  /** Secrets Manager refused the request for another reason of ours. */
  | "refused"
  | "throttled"
  | "unavailable"
  /** No answer in the time that there was. */
  | "late"
  /** A success that holds no text. */
  | "malformed";

/** Names the fault only: AWS's messages quote roles and accounts. */
export class SecretUnavailableError extends Error {
  override readonly name = "SecretUnavailableError";
  readonly fault: SecretFault;

  constructor(fault: SecretFault) {
    super(`the secret could not be read: ${fault}`);
    this.fault = fault;
  }
}

export interface SecretReaderOptions {
  readonly secretId: string;
  readonly region: string;
  /** In place of the region's own. Without a path or trailing slash. */
  readonly endpoint: string | undefined;
  readonly credentials: () => AwsCredentials | undefined;
  readonly post: PostJson;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const TRIES = 3;
/** One try: a TLS handshake over an ocean, at a fourteenth of a core. Milliseconds. */
const TRY_MS = 1_500;
/** Before the second try; twice that before the third. Milliseconds. */
const BACK_OFF_MS = 50;

/** Faults that another try may mend. */
const PASSING: readonly SecretFault[] = ["throttled", "unavailable", "late"];

/** By the type that Secrets Manager gives an error of 4xx. */
const FAULTS: Readonly<Record<string, SecretFault>> = {
  AccessDeniedException: "access_denied",
  DecryptionFailure: "access_denied",
  ResourceNotFoundException: "not_found",
  ThrottlingException: "throttled",
};

/** @returns reads the secret's text by a deadline, Unix milliseconds; throws SecretUnavailableError */
export function createSecretReader(options: SecretReaderOptions): (deadline: number) => Promise<string> {
  const { now, sleep } = options;
  return async (deadline) => {
    for (let tried = 1; ; tried++) {
      const read = await readOnce(options, Math.min(TRY_MS, deadline - now()));
      if (typeof read === "string") return read;
      const wait = BACK_OFF_MS * tried;
      if (tried === TRIES || !PASSING.includes(read.fault) || now() + wait >= deadline) {
        throw new SecretUnavailableError(read.fault);
      }
      await sleep(wait);
    }
  };
}

type Read = string | { readonly fault: SecretFault };

async function readOnce(options: SecretReaderOptions, timeoutMs: number): Promise<Read> {
  const { secretId, region, endpoint, credentials, post, now } = options;
  const own = credentials();
  if (own === undefined) return { fault: "no_credentials" };
  if (timeoutMs <= 0) return { fault: "late" };
  const url = endpoint ?? `https://secretsmanager.${region}.amazonaws.com`;
  const body = JSON.stringify({ SecretId: secretId });
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "secretsmanager.GetSecretValue",
  };
  const signed = signedHeaders({ url, headers, body, service: "secretsmanager", region }, own, now());
  return readAnswer(await post({ url, headers: signed, body, timeoutMs }));
}

function readAnswer(result: PostResult): Read {
  if (result.kind === "fault") return { fault: result.fault === "timeout" ? "late" : "unavailable" };
  const { status, body } = result;
  const field = (name: string) => attempt(() => anyText(fieldsOf(parseJson(body)?.value), name));
  if (status === 200) {
    const secret = field("SecretString");
    return secret.ok ? secret.value : { fault: "malformed" };
  }
  if (status >= 500) return { fault: "unavailable" };
  if (status === 429) return { fault: "throttled" };
  const error = field("__type");
  // Some services write the type with its namespace in front, as in "com.amazonaws#AccessDeniedException".
  const type = error.ok ? (error.value.split("#").at(-1) ?? "") : "";
  return { fault: (Object.hasOwn(FAULTS, type) ? FAULTS[type] : undefined) ?? "refused" };
}
