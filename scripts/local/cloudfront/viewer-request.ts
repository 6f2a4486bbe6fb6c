/** A viewer's request as CloudFront takes it in: checked, in full, before any function runs. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { allowsMethod, type Behavior, type Distribution, findBehavior } from "./distribution.ts";
import { fieldBytes, type HeaderField, headerFields, readBody, valuesOf } from "./http-message.ts";
import type { CloudFrontLimits } from "./limits.ts";
import { RuleBroken } from "./rules.ts";

export interface ViewerRequest {
  /** CloudFront's name for the exchange: `requestId` in events, `X-Amz-Cf-Id` on the wire. */
  readonly requestId: string;
  readonly clientIp: string;
  readonly method: string;
  /** Path and query as sent, undecoded. ASCII only: Node's parser refuses other bytes, which CloudFront would take. */
  readonly uri: string;
  readonly querystring: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

const REQUEST_ID_BYTES = 41;

/**
 * Applies what CloudFront asks of every request, reads the body, and picks the behavior.
 *
 * @throws RuleBroken
 */
export async function receiveViewerRequest(
  message: IncomingMessage,
  distribution: Distribution,
  limits: CloudFrontLimits,
): Promise<{ viewer: ViewerRequest; behavior: Behavior }> {
  const method = message.method ?? "";
  const target = message.url ?? "";
  const headers = headerFields(message.rawHeaders);
  checkTarget(target, distribution, limits);
  checkSize(method, target, headers, limits);

  const { uri, querystring } = splitTarget(target);
  const behavior = findBehavior(distribution, uri);
  if (!allowsMethod(behavior, method)) {
    throw new RuleBroken(
      "method_not_allowed",
      `The behavior ${behavior.pathPattern} allows ${behavior.allowedMethods}, which ${method} is not among.`,
    );
  }
  if (method === "GET" && announcesBody(headers)) {
    throw new RuleBroken("get_with_body", "CloudFront refuses a GET request that has a body.");
  }

  const body = (await readBody(message, Number.POSITIVE_INFINITY)) ?? Buffer.alloc(0);
  const viewer: ViewerRequest = {
    requestId: randomBytes(REQUEST_ID_BYTES).toString("base64url"),
    clientIp: message.socket.remoteAddress ?? "",
    method,
    uri,
    querystring,
    headers,
    body,
  };
  return { viewer, behavior };
}

function checkTarget(target: string, distribution: Distribution, limits: CloudFrontLimits): void {
  if (!target.startsWith("/")) {
    throw new RuleBroken("viewer_request_malformed", "The request target is not a path.");
  }
  const length = `https://${distribution.domainName}`.length + target.length;
  if (length > limits.urlBytes) {
    throw new RuleBroken(
      "viewer_url_too_long",
      `The URL has ${length} bytes; ${limits.urlBytes} are allowed.`,
    );
  }
}

function checkSize(
  method: string,
  target: string,
  headers: readonly HeaderField[],
  limits: CloudFrontLimits,
): void {
  const size = requestBytes(method, target, headers);
  if (size > limits.requestBytes) {
    throw new RuleBroken(
      "viewer_request_too_large",
      `Request line and headers have ${size} bytes; ${limits.requestBytes} are allowed.`,
    );
  }
}

/** Bytes of request line and headers. */
export function requestBytes(method: string, target: string, headers: readonly HeaderField[]): number {
  return `${method} ${target} HTTP/1.1\r\n`.length + fieldBytes(headers);
}

function splitTarget(target: string): { uri: string; querystring: string } {
  const mark = target.indexOf("?");
  return mark === -1
    ? { uri: target, querystring: "" }
    : { uri: target.slice(0, mark), querystring: target.slice(mark + 1) };
}

function announcesBody(headers: readonly HeaderField[]): boolean {
  return (
    valuesOf(headers, "transfer-encoding").length > 0 ||
    valuesOf(headers, "content-length").some((length) => Number(length) > 0)
  );
}
