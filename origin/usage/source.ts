/** Asks the issuer for an eSIM's records: deadline, size cap, shape. Whether they are true is decided elsewhere. */

import * as v from "valibot";
import { decodeUtf8, parseJson } from "../../protocol/text.ts";
import type { UsageIssuer } from "../../protocol/usage.ts";
import { readBody } from "../adapters/read-body.ts";
import type { UsageAnswer, UsageSource } from "./ports.ts";

export interface UsageSourceOptions {
  readonly usage: UsageIssuer;
  /** Sent along where the issuer is the supplier itself: at the same scheme, host and port. */
  readonly supplier: { readonly url: string; readonly accessCode: string };
  readonly fetch: typeof fetch;
  /** One answer. Milliseconds. */
  readonly deadlineMs: number;
}

/** A thousand records are some 400 KB. */
const MAX_ANSWER_BYTES = 1_024 * 1_024;
const MAX_ANSWER_RECORDS = 1_000;

const answerSchema = v.object({ records: v.pipe(v.array(v.string()), v.maxLength(MAX_ANSWER_RECORDS)) });

export function createUsageSource({ usage, supplier, fetch, deadlineMs }: UsageSourceOptions): UsageSource {
  const { issuer, keySet, recordsUrl } = usage;
  const isSupplier = new URL(recordsUrl).origin === new URL(supplier.url).origin;
  const headers = {
    accept: "application/json",
    ...(isSupplier ? { "RT-AccessCode": supplier.accessCode } : {}),
  };
  return {
    issuer,
    keySet,
    async records(esimTranNo, after) {
      const signal = AbortSignal.timeout(deadlineMs);
      try {
        const url = `${recordsUrl}/${encodeURIComponent(esimTranNo)}?after=${after}`;
        // A redirect would carry the access code to wherever it points.
        return await read(await fetch(url, { headers, redirect: "error", signal }), signal);
      } catch {
        return unavailable(signal.aborted ? "timeout" : "connection_failed");
      }
    },
  };
}

async function read(response: Response, signal: AbortSignal): Promise<UsageAnswer> {
  if (response.status !== 200) {
    await response.body?.cancel();
    return unavailable(`http_${response.status}`);
  }
  const bytes = await readBody(response, MAX_ANSWER_BYTES, signal);
  if (bytes === undefined) return unavailable("too_large");
  const json = parseJson(decodeUtf8(bytes) ?? "");
  const answer = v.safeParse(answerSchema, json?.value);
  return answer.success ? { kind: "records", records: answer.output.records } : unavailable("bad_answer");
}

const unavailable = (detail: string): UsageAnswer => ({ kind: "unavailable", detail });
