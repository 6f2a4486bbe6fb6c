/** The shapes of the origin's answers. */

import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type ErrorCode, type ProblemDetails, problem } from "../../protocol/errors.ts";
import { CORS_HEADERS, NO_STORE } from "../../protocol/headers.ts";

export type Response = APIGatewayProxyStructuredResultV2;

type Headers = Readonly<Record<string, string>>;

export function json(statusCode: number, body: object, headers: Headers = {}): Response {
  return text(statusCode, "application/json", JSON.stringify(body), headers);
}

export function text(statusCode: number, type: string, body: string, headers: Headers = {}): Response {
  return { statusCode, headers: { "content-type": type, ...NO_STORE, ...CORS_HEADERS, ...headers }, body };
}

export function binary(type: string, body: Uint8Array): Response {
  return {
    ...text(200, type, Buffer.from(body).toString("base64")),
    isBase64Encoded: true,
  };
}

/** @param more fields beside the problem's own, such as the order's id */
export function problemResponse(
  code: ErrorCode,
  details: ProblemDetails = {},
  more: object = {},
  headers: Headers = {},
): Response {
  const body = problem(code, details);
  return text(body.status, "application/problem+json", JSON.stringify({ ...body, ...more }), headers);
}
