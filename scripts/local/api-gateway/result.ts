/** Reads what a function returned as an HTTP response, with the inference of payload format 2.0. */

import * as v from "valibot";
import { decodeBase64, type HeaderField, isHeaderName, isHeaderValue } from "../cloudfront/http-message.ts";

export interface GatewayResponse {
  readonly status: number;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

const HeaderName = v.pipe(v.string(), v.check(isHeaderName, "is not a header name"));
const HeaderText = v.pipe(v.string(), v.check(isHeaderValue, "has characters HTTP does not allow"));
const HeaderValue = v.union([HeaderText, v.pipe(v.union([v.number(), v.boolean()]), v.transform(String))]);

const StructuredResult = v.object({
  statusCode: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
  headers: v.optional(v.record(HeaderName, HeaderValue), {}),
  cookies: v.optional(v.array(HeaderText), []),
  body: v.optional(v.string(), ""),
  isBase64Encoded: v.optional(v.boolean(), false),
});

/** The gateway writes these itself. */
const overwritten = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"]);

/**
 * A result with a `statusCode` is a response; any other JSON value is the body of a 200.
 *
 * @param result after its trip through JSON
 * @throws Error when a structured result is malformed
 */
export function toResponse(result: unknown): GatewayResponse {
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    const text = typeof result === "string" ? result : JSON.stringify(result);
    return {
      status: 200,
      headers: [{ name: "content-type", value: "application/json" }],
      body: Buffer.from(text),
    };
  }
  const parsed = v.safeParse(StructuredResult, result);
  if (!parsed.success) {
    const faults = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "result"}: ${issue.message}`);
    throw new Error(`The function's result is malformed. ${faults.join("; ")}.`);
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.output;
  const bytes = isBase64Encoded ? decodeBase64(body) : Buffer.from(body);
  if (bytes === null) throw new Error("The function's result says its body is base64, which it is not.");
  const fields = Object.entries(headers).map(([name, value]) => ({ name, value }));
  const kept = fields.filter(({ name }) => !overwritten.has(name.toLowerCase()));
  return {
    status: statusCode,
    headers: [
      ...kept,
      ...defaultContentType(kept, bytes),
      ...cookies.map((value) => ({ name: "set-cookie", value })),
    ],
    body: bytes,
  };
}

function defaultContentType(headers: readonly HeaderField[], body: Buffer): HeaderField[] {
  const isNamed = headers.some(({ name }) => name.toLowerCase() === "content-type");
  return isNamed || body.byteLength === 0
    ? []
    : [{ name: "content-type", value: "text/plain; charset=utf-8" }];
}
