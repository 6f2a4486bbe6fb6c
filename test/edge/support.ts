/** What the gateway's tests share: raw requests to the local stack, and the two readings of a 402. */

import * as v from "valibot";
import { HEADER } from "../../protocol/headers.ts";
import { decodeBase64, parseJsonBytes } from "../../protocol/text.ts";
import { type Answer, send } from "../local/cloudfront/support.ts";

export type { Answer };

/** A request byte for byte: `fetch` would normalise its path, merge its headers and refuse half of its bodies. */
export interface WireRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export function get(path: string, headers: WireRequest["headers"] = []): WireRequest {
  return { method: "GET", path, headers, body: new Uint8Array() };
}

/** A JSON body unless it is bytes already. */
export function post(path: string, body: unknown, headers: WireRequest["headers"] = []): WireRequest {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  return { method: "POST", path, headers: [["Content-Type", "application/json"], ...headers], body: bytes };
}

export function sendWire(url: string, { method, path, headers, body }: WireRequest): Promise<Answer> {
  const length: WireRequest["headers"] =
    body.length === 0 ? [] : [["Content-Length", String(body.length)] as const];
  const given = headers.some(([name]) => name.toLowerCase() === "host");
  const host: WireRequest["headers"] = given ? [] : [["Host", new URL(url).host] as const];
  return send(url, path, { method, headers: [...host, ...headers, ...length].flat(), body });
}

/** The header's one value, or "" when it is absent. */
export function headerOf(answer: Answer, name: string): string {
  const value = answer.headers[name];
  if (Array.isArray(value)) throw new Error(`${name} stands there twice`);
  return value ?? "";
}

const requiredSchema = v.strictObject({
  x402Version: v.literal(2),
  error: v.string(),
  resource: v.strictObject({
    url: v.string(),
    description: v.string(),
    mimeType: v.string(),
    serviceName: v.string(),
  }),
  accepts: v.array(
    v.strictObject({
      scheme: v.literal("exact"),
      network: v.string(),
      amount: v.string(),
      asset: v.string(),
      payTo: v.string(),
      maxTimeoutSeconds: v.number(),
      extra: v.strictObject({
        name: v.string(),
        version: v.string(),
        paymentFlow: v.optional(v.literal("upfront")),
        invoice: v.string(),
      }),
    }),
  ),
  extensions: v.strictObject({
    "payment-identifier": v.strictObject({
      info: v.strictObject({ required: v.literal(false) }),
      schema: v.looseObject({ type: v.literal("object") }),
    }),
  }),
});

export type Required = v.InferOutput<typeof requiredSchema>;

/** What the v2 header says. Throws where it is not there. */
export function requiredIn(header: string): Required {
  const bytes = decodeBase64(header);
  return v.parse(requiredSchema, bytes === undefined ? undefined : parseJsonBytes(bytes)?.value);
}

export function requiredOf(answer: Answer): Required {
  return requiredIn(headerOf(answer, HEADER.paymentRequired));
}

/** The invoice that a v2 challenge carries. */
export function invoiceIn(required: Required): string {
  const [first] = required.accepts;
  if (first === undefined) throw new Error("the challenge offers nothing");
  return first.extra.invoice;
}

const receiptSchema = v.strictObject({
  success: v.boolean(),
  errorReason: v.optional(v.string()),
  transaction: v.string(),
  network: v.string(),
  payer: v.string(),
});

/** The receipt in either version's header, or undefined when there is none. */
export function receiptIn(header: string): v.InferOutput<typeof receiptSchema> | undefined {
  if (header === "") return undefined;
  const bytes = decodeBase64(header);
  return v.parse(receiptSchema, bytes === undefined ? undefined : parseJsonBytes(bytes)?.value);
}

const problemSchema = v.looseObject({
  code: v.string(),
  status: v.number(),
  retry_action: v.string(),
  detail: v.optional(v.string()),
  payment_state: v.optional(v.string()),
});

export type ProblemBody = v.InferOutput<typeof problemSchema>;

export function problemIn(body: string): ProblemBody {
  return v.parse(problemSchema, JSON.parse(body));
}

/** The gateway's error code, or the name of the rule by which CloudFront itself refused. */
export function codeOf(answer: Answer): string {
  const rule = headerOf(answer, "x-emulator-rule");
  return rule === "" ? problemIn(answer.body.toString()).code : rule;
}
