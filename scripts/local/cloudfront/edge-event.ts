/** Builds the event of a viewer-request function. Developer Guide, "Lambda@Edge event structure". */

import type { CloudFrontHeaders, CloudFrontRequestEvent } from "aws-lambda";
import type { Distribution } from "./distribution.ts";
import { isDisallowed } from "./header-policy.ts";
import type { HeaderField } from "./http-message.ts";
import type { CloudFrontLimits } from "./limits.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** A fresh object each time: the function may change it in place, as it may on AWS. */
export function viewerRequestEvent(
  viewer: ViewerRequest,
  distribution: Distribution,
  includeBody: boolean,
  limits: CloudFrontLimits,
): CloudFrontRequestEvent {
  const config = {
    distributionDomainName: distribution.domainName,
    distributionId: distribution.id,
    eventType: "viewer-request",
    requestId: viewer.requestId,
  } as const;
  const request = {
    clientIp: viewer.clientIp,
    method: viewer.method,
    uri: viewer.uri,
    querystring: viewer.querystring,
    headers: eventHeaders(viewer.headers),
  };
  const body = includeBody ? { body: eventBody(viewer.body, limits.viewerRequestBodyBytes) } : {};
  return { Records: [{ cf: { config, request: { ...request, ...body } } }] };
}

/** Groups header fields by lowercase name, without those that functions never see. */
function eventHeaders(fields: readonly HeaderField[]): CloudFrontHeaders {
  const grouped = new Map<string, { key: string; value: string }[]>();
  for (const { name, value } of fields) {
    const lower = name.toLowerCase();
    if (isDisallowed(lower)) continue;
    grouped.set(lower, [...(grouped.get(lower) ?? []), { key: name, value }]);
  }
  return Object.fromEntries(grouped);
}

function eventBody(body: Buffer, maxBytes: number) {
  return {
    inputTruncated: body.byteLength > maxBytes,
    action: "read-only",
    encoding: "base64",
    data: body.subarray(0, maxBytes).toString("base64"),
  } as const;
}
