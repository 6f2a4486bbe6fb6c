/** Runs a viewer-request function: event in, deadline, result checked against the request it was given. */

import type { Behavior, Distribution } from "./distribution.ts";
import { viewerRequestEvent } from "./edge-event.ts";
import { checkReadOnlyHeaders, invoke, responseBody } from "./edge-function.ts";
import { type GeneratedResponse, parseRequestResult, type ReturnedRequest } from "./edge-result.ts";
import { isDisallowed, VIEWER_COUNTRY, viewerRequestReadOnly } from "./header-policy.ts";
import { decodeBase64, type HeaderField, valuesOf } from "./http-message.ts";
import type { CloudFrontLimits } from "./limits.ts";
import { RuleBroken } from "./rules.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** A response a function made, ready for the wire. */
export interface StageResponse {
  readonly status: number;
  readonly statusDescription: string | undefined;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
}

/** What comes out of a stage: the request, perhaps changed, or the response that ends the exchange. */
export type StageOutcome =
  | { readonly kind: "request"; readonly request: ViewerRequest }
  | { readonly kind: "response"; readonly response: StageResponse };

/** @throws RuleBroken */
export async function runViewerRequest(
  viewer: ViewerRequest,
  edge: NonNullable<Behavior["viewerRequest"]>,
  distribution: Distribution,
  limits: CloudFrontLimits,
): Promise<StageOutcome> {
  const event = viewerRequestEvent(viewer, distribution, edge.includeBody, limits);
  const returned = await invoke(() => edge.handler(event), limits.viewerRequestTimeoutMs);
  const result = parseRequestResult(returned);
  return result.kind === "response"
    ? { kind: "response", response: finishResponse(result.response, limits) }
    : { kind: "request", request: applyRequest(viewer, result.request, edge.includeBody, limits) };
}

function finishResponse(response: GeneratedResponse, limits: CloudFrontLimits): StageResponse {
  return {
    status: Number(response.status),
    statusDescription: response.statusDescription,
    headers: response.headers,
    body: responseBody(response, limits.generatedResponseBytes) ?? Buffer.alloc(0),
  };
}

function applyRequest(
  viewer: ViewerRequest,
  returned: ReturnedRequest,
  includeBody: boolean,
  limits: CloudFrontLimits,
): ViewerRequest {
  checkReadOnly(viewer, returned);
  checkAddress(returned, limits);
  // What functions never saw is still part of the request.
  const unseen = viewer.headers.filter(({ name }) => isDisallowed(name.toLowerCase()));
  return {
    ...viewer,
    uri: returned.uri,
    querystring: returned.querystring,
    headers: [...returned.headers, ...unseen],
    body: replacedBody(returned.body, includeBody, limits) ?? viewer.body,
  };
}

function checkReadOnly(viewer: ViewerRequest, returned: ReturnedRequest): void {
  if (returned.method !== viewer.method) {
    throw new RuleBroken("method_read_only", `The function changed the method to ${returned.method}.`);
  }
  if (returned.clientIp !== viewer.clientIp) {
    throw new RuleBroken("client_ip_read_only", `The function changed clientIp to ${returned.clientIp}.`);
  }
  checkReadOnlyHeaders(viewer.headers, returned.headers, viewerRequestReadOnly, "viewer-request");
  const country = valuesOf(returned.headers, VIEWER_COUNTRY);
  if (country.length > 0 && valuesOf(viewer.headers, VIEWER_COUNTRY).length === 0) {
    throw new RuleBroken("header_disallowed", `A viewer-request function may not add "${VIEWER_COUNTRY}".`);
  }
}

function checkAddress({ uri, querystring }: ReturnedRequest, limits: CloudFrontLimits): void {
  if (!uri.startsWith("/") || uri.includes("?") || !isUrlText(uri)) {
    throw new RuleBroken(
      "uri_invalid",
      `The uri must start with "/" and have no "?", and nothing that needs percent-encoding: ${JSON.stringify(uri)}.`,
    );
  }
  if (!isUrlText(querystring)) {
    throw new RuleBroken(
      "querystring_invalid",
      `The querystring may have no "#" and nothing that needs percent-encoding: ${JSON.stringify(querystring)}.`,
    );
  }
  const length = Buffer.byteLength(`${uri}?${querystring}`);
  if (length >= limits.urlBytes) {
    throw new RuleBroken(
      "uri_too_long",
      `The uri with its querystring has ${length} bytes; it must have fewer than ${limits.urlBytes}.`,
    );
  }
}

/**
 * Printable ASCII without "#". CloudFront passes non-ASCII characters on as UTF-8 and advises against them; few
 * origins take them.
 */
function isUrlText(text: string): boolean {
  return /^[!-"$-~]*$/.test(text);
}

/**
 * The body a function put in the viewer's place, or null when it left the original alone. AWS's guide says an
 * over-long replacement is cut, its support pages say 502; a cut body is never what anyone meant, so 502.
 */
function replacedBody(
  body: ReturnedRequest["body"],
  includeBody: boolean,
  limits: CloudFrontLimits,
): Buffer | null {
  if (body === undefined || body.action === "read-only") return null;
  if (!includeBody) {
    throw new RuleBroken(
      "replaced_body_not_included",
      "Only a function with includeBody may replace the body.",
    );
  }
  const bytes = body.encoding === "base64" ? decodeBase64(body.data) : Buffer.from(body.data);
  if (bytes === null) {
    throw new RuleBroken("replaced_body_not_base64", "The replaced body is not valid base64.");
  }
  if (bytes.byteLength > limits.viewerRequestBodyBytes) {
    throw new RuleBroken(
      "replaced_body_too_large",
      `The replaced body has ${bytes.byteLength} bytes; ${limits.viewerRequestBodyBytes} are allowed.`,
    );
  }
  return bytes;
}
