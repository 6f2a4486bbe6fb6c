/**
 * Runs an origin-response function: it sees status and headers of whatever the origin answered, errors included, and
 * may change both and replace the body it never sees. Developer Guide, "CloudFront events that can trigger a
 * Lambda@Edge function": it needs an answer from the origin, so responses CloudFront makes itself pass it by.
 */

import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Behavior, Distribution } from "./distribution.ts";
import { type OriginExchange, originResponseEvent } from "./edge-event.ts";
import { checkReadOnlyHeaders, invoke, responseBody } from "./edge-function.ts";
import { type GeneratedResponse, parseResponseResult } from "./edge-result.ts";
import { isDisallowed, originResponseReadOnly } from "./header-policy.ts";
import { contentLengthField, type HeaderField, hasBody } from "./http-message.ts";
import type { CloudFrontLimits } from "./limits.ts";
import { type OriginResponse, readTimeoutMs, toOriginResponse } from "./origin.ts";

const EMPTY = Buffer.alloc(0);

/**
 * Holds the origin's body back until the function has decided. It stays in the socket meanwhile, where the origin
 * feels the backpressure: no more than the stream's own buffer is in memory. A body that is not wanted is cut off.
 *
 * @throws RuleBroken
 */
export async function runOriginResponse(
  exchange: OriginExchange,
  fromOrigin: IncomingMessage,
  edge: NonNullable<Behavior["originResponse"]>,
  distribution: Distribution,
  limits: CloudFrontLimits,
): Promise<OriginResponse> {
  const received = toOriginResponse(fromOrigin);
  const event = originResponseEvent(exchange, received, distribution, limits);
  // Nothing is read while the function runs, so silence on the connection is not the origin's fault.
  fromOrigin.setTimeout(0);
  try {
    const returned = await invoke(() => edge.handler(event), limits.originResponseFunctionTimeoutMs);
    const response = applyResponse(received, parseResponseResult(returned), limits);
    if (response.body === received.body) fromOrigin.setTimeout(readTimeoutMs(exchange.origin, limits));
    else fromOrigin.destroy();
    return response;
  } catch (error) {
    fromOrigin.destroy();
    throw error;
  }
}

function applyResponse(
  received: OriginResponse,
  returned: GeneratedResponse,
  limits: CloudFrontLimits,
): OriginResponse {
  checkReadOnlyHeaders(received.headers, returned.headers, originResponseReadOnly, "origin-response");
  const status = Number(returned.status);
  const replaced = responseBody(returned, limits.updatedResponseBytes) ?? (hasBody(status) ? null : EMPTY);
  // A kept body keeps its length, whatever the function wrote there: with another one the viewer would take part
  // of this body for the next response. AWS does not say what becomes of such a header.
  const length =
    replaced === null
      ? received.headers.filter(isContentLength)
      : contentLengthField(status, replaced.byteLength);
  // What the function never saw is still part of the response.
  const unseen = received.headers.filter(({ name }) => isDisallowed(name.toLowerCase()));
  return {
    status,
    statusDescription: returned.statusDescription,
    headers: [...returned.headers.filter((field) => !isContentLength(field)), ...unseen, ...length],
    body: replaced === null ? received.body : Readable.from(replaced),
  };
}

function isContentLength({ name }: HeaderField): boolean {
  return name.toLowerCase() === "content-length";
}
