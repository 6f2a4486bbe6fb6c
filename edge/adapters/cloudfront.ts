/**
 * Lambda@Edge viewer-request events: into the flow's request, and its result back into what CloudFront takes.
 *
 * A forwarded request keeps its body, method and the viewer's other headers; CloudFront refuses most changes to those.
 */

import type { CloudFrontHeaders, CloudFrontRequest, CloudFrontRequestResult } from "aws-lambda";
import { decodeBase64 } from "../../protocol/text.ts";
import { isStripped } from "../answers.ts";
import type { GateRequest, GateResult } from "../http.ts";

export function fromCloudFront(request: CloudFrontRequest): GateRequest {
  const { headers } = request;
  return {
    method: request.method,
    path: request.uri,
    query: request.querystring,
    // Nearly all that is asked for is not there, so nothing is copied. CloudFront writes the names in lower case.
    headers: {
      get: (name) => headers[name]?.map(({ value }) => value),
      has: (name) => headers[name] !== undefined,
    },
    clientIp: request.clientIp,
    body: bodyBytes(request.body),
  };
}

export function toCloudFront(request: CloudFrontRequest, result: GateResult): CloudFrontRequestResult {
  if (result.kind === "respond") {
    return { status: String(result.status), headers: cloudFrontHeaders(result.headers), body: result.body };
  }
  const kept = Object.entries(request.headers).filter(([name]) => !isStripped(name.toLowerCase()));
  return {
    ...request,
    uri: result.path,
    querystring: result.query,
    headers: { ...Object.fromEntries(kept), ...cloudFrontHeaders(result.setHeaders) },
  };
}

export function cloudFrontHeaders(headers: Readonly<Record<string, string>>): CloudFrontHeaders {
  const own: CloudFrontHeaders = {};
  for (const [name, value] of Object.entries(headers)) own[name] = [{ key: name, value }];
  return own;
}

/** Null for a body that CloudFront cut: what is priced must be the whole of what is forwarded. */
function bodyBytes(body: CloudFrontRequest["body"]): Uint8Array | null {
  if (body === undefined) return new Uint8Array();
  if (body.inputTruncated) return null;
  if (body.data === "") return new Uint8Array();
  if (body.encoding === "text") return new TextEncoder().encode(body.data);
  return decodeBase64(body.data) ?? null;
}
