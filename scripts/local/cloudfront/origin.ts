/** Sends a request on to its origin: the headers CloudFront drops, rewrites and adds, its tries and its deadline. */

import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Readable } from "node:stream";
import type { Distribution, Origin } from "./distribution.ts";
import { isKeptFromOrigin } from "./header-policy.ts";
import { fieldBytes, type HeaderField, headerFields, rawHeaders, valuesOf } from "./http-message.ts";
import { type CloudFrontLimits, PARSER_HEADER_BYTES } from "./limits.ts";
import { RuleBroken } from "./rules.ts";
import { requestBytes, type ViewerRequest } from "./viewer-request.ts";

export const MS_PER_SECOND = 1_000;

export interface OriginRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

/** What the viewer is to get: the origin's answer, or what an origin-response function made of it. */
export interface OriginResponse {
  readonly status: number;
  /** Undefined stands for the status's standard phrase. */
  readonly statusDescription: string | undefined;
  readonly headers: readonly HeaderField[];
  /** Not read until it is piped to the viewer. */
  readonly body: Readable;
}

/** @throws RuleBroken when it is larger than CloudFront forwards */
export function toOriginRequest(
  viewer: ViewerRequest,
  origin: Origin,
  distribution: Distribution,
  limits: CloudFrontLimits,
): OriginRequest {
  const { method, body } = viewer;
  const query = viewer.querystring === "" ? "" : `?${viewer.querystring}`;
  const target = `${origin.originPath ?? ""}${viewer.uri}${query}`;
  const headers = originHeaders(viewer, origin, distribution);
  const size = requestBytes(method, target, headers);
  if (size > limits.requestBytes) {
    throw new RuleBroken(
      "origin_request_too_large",
      `The origin request's line and headers have ${size} bytes; ${limits.requestBytes} are allowed.`,
    );
  }
  return { method, target, headers, body };
}

function originHeaders(viewer: ViewerRequest, origin: Origin, distribution: Distribution): HeaderField[] {
  const fromViewer = viewer.headers.filter(({ name }) => !isKeptFromOrigin(name.toLowerCase()));
  const written: HeaderField[] = [
    { name: "Host", value: new URL(origin.url).host },
    {
      name: "X-Forwarded-For",
      value: [...valuesOf(fromViewer, "x-forwarded-for"), viewer.clientIp].join(","),
    },
    { name: "Via", value: [...valuesOf(fromViewer, "via"), via(distribution)].join(", ") },
    { name: "X-Amz-Cf-Id", value: viewer.requestId },
    ...contentLength(viewer),
  ];
  const custom = Object.entries(origin.customHeaders ?? {}).map(([name, value]) => ({ name, value }));
  return override(fromViewer, [...written, ...custom]);
}

/** Headers of `stronger` take the place of all those of the same name in `weaker`. */
function override(weaker: readonly HeaderField[], stronger: readonly HeaderField[]): HeaderField[] {
  const kept = weaker.filter(({ name }) => valuesOf(stronger, name.toLowerCase()).length === 0);
  return [...kept, ...stronger];
}

/** The whole body is at hand, so its length is sent even where the viewer sent chunks. */
function contentLength({ headers, body }: ViewerRequest): HeaderField[] {
  const viewerSaid = valuesOf(headers, "content-length").length > 0;
  return viewerSaid || body.byteLength > 0
    ? [{ name: "Content-Length", value: String(body.byteLength) }]
    : [];
}

/** What CloudFront appends to `Via`, in both directions. */
export function via(distribution: Distribution): string {
  return `1.1 ${distribution.domainName} (CloudFront)`;
}

/** How long the origin may be silent. */
export function readTimeoutMs({ readTimeoutSeconds }: Origin, limits: CloudFrontLimits): number {
  return readTimeoutSeconds === undefined ? limits.originReadTimeoutMs : readTimeoutSeconds * MS_PER_SECOND;
}

/** The origin's answer as it came. */
export function toOriginResponse(message: IncomingMessage): OriginResponse {
  return {
    status: message.statusCode ?? 0,
    statusDescription: message.statusMessage ?? "",
    headers: headerFields(message.rawHeaders),
    body: message,
  };
}

/**
 * Sends the request and resolves when the origin's status and headers are there; the body follows as a stream.
 * GET and HEAD are tried again when nothing came back. Everything else is sent once: the origin may have acted.
 *
 * @param closing aborts what is under way when the emulator closes
 * @throws RuleBroken
 */
export async function sendToOrigin(
  origin: Origin,
  request: OriginRequest,
  limits: CloudFrontLimits,
  closing: AbortSignal,
): Promise<IncomingMessage> {
  const isSafe = request.method === "GET" || request.method === "HEAD";
  const attempts = isSafe ? limits.originAttempts : 1;
  const timeoutMs = readTimeoutMs(origin, limits);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await attemptOnce(origin, request, timeoutMs, closing);
      checkResponse(response, limits);
      return response;
    } catch (error) {
      const retry = attempt < attempts && !closing.aborted && isConnectionFailure(error);
      if (!retry) throw asRuleBroken(error);
    }
  }
}

function attemptOnce(
  origin: Origin,
  { method, target, headers, body }: OriginRequest,
  timeoutMs: number,
  closing: AbortSignal,
): Promise<IncomingMessage> {
  const request = origin.url.startsWith("https:") ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = request(origin.url, {
      method,
      path: target,
      headers: rawHeaders(headers),
      // A fresh connection each time: a reused one may die under a POST that must not be sent twice.
      agent: false,
      maxHeaderSize: PARSER_HEADER_BYTES,
      signal: closing,
      timeout: timeoutMs,
    });
    outgoing.on("timeout", () => {
      outgoing.destroy(
        new RuleBroken(
          "origin_timed_out",
          `The origin sent nothing for ${timeoutMs} ms (${method} ${target}).`,
        ),
      );
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function checkResponse(response: IncomingMessage, limits: CloudFrontLimits): void {
  const size = fieldBytes(headerFields(response.rawHeaders));
  if (size <= limits.originResponseHeaderBytes) return;
  response.destroy();
  throw new RuleBroken(
    "origin_response_headers_too_large",
    `The origin's headers have ${size} bytes; ${limits.originResponseHeaderBytes} are allowed.`,
  );
}

function isConnectionFailure(error: unknown): boolean {
  return !(error instanceof RuleBroken) || error.rule === "origin_timed_out";
}

function asRuleBroken(error: unknown): RuleBroken {
  return error instanceof RuleBroken
    ? error
    : new RuleBroken("origin_unreachable", `The origin did not answer: ${String(error)}.`);
}
