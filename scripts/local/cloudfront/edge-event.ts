/** Builds the events of edge functions. Developer Guide, "Lambda@Edge event structure". */

import type {
  CloudFrontCustomOrigin,
  CloudFrontHeaders,
  CloudFrontRequestEvent,
  CloudFrontResponseEvent,
} from "aws-lambda";
import type { Distribution, Origin } from "./distribution.ts";
import { isDisallowed } from "./header-policy.ts";
import type { HeaderField } from "./http-message.ts";
import { type CloudFrontLimits, ORIGIN_KEEP_ALIVE_SECONDS, ORIGIN_TLS_PROTOCOLS } from "./limits.ts";
import { MS_PER_SECOND, type OriginRequest, type OriginResponse, readTimeoutMs } from "./origin.ts";
import type { ViewerRequest } from "./viewer-request.ts";

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** A fresh object each time: the function may change it in place, as it may on AWS. */
export function viewerRequestEvent(
  viewer: ViewerRequest,
  distribution: Distribution,
  includeBody: boolean,
  limits: CloudFrontLimits,
): CloudFrontRequestEvent {
  const config = eventConfig("viewer-request", viewer, distribution);
  const request = eventRequest(viewer, viewer.headers);
  const body = includeBody ? { body: eventBody(viewer.body, limits.viewerRequestBodyBytes) } : {};
  return { Records: [{ cf: { config, request: { ...request, ...body } } }] };
}

/** A request that went to its origin. */
export interface OriginExchange {
  /** As it came from viewer-request: its uri is without the origin path. */
  readonly request: ViewerRequest;
  readonly origin: Origin;
  readonly sent: OriginRequest;
}

/** Has no body, neither the request's nor the response's. A fresh object each time, as above. */
export function originResponseEvent(
  { request, origin, sent }: OriginExchange,
  response: OriginResponse,
  distribution: Distribution,
  limits: CloudFrontLimits,
): CloudFrontResponseEvent {
  const custom = customOrigin(origin, limits);
  // AWS lists a header in one place only: the origin's custom headers are not among the request's.
  const headers = sent.headers.filter(({ name }) => !Object.hasOwn(custom.customHeaders, name.toLowerCase()));
  return {
    Records: [
      {
        cf: {
          config: eventConfig("origin-response", request, distribution),
          request: { ...eventRequest(request, headers), origin: { custom } },
          response: {
            status: String(response.status),
            statusDescription: response.statusDescription ?? "",
            headers: eventHeaders(response.headers),
          },
        },
      },
    ],
  };
}

function eventConfig<EventType extends string>(
  eventType: EventType,
  { requestId }: ViewerRequest,
  distribution: Distribution,
) {
  return {
    distributionDomainName: distribution.domainName,
    distributionId: distribution.id,
    eventType,
    requestId,
  };
}

function eventRequest(
  { clientIp, method, uri, querystring }: ViewerRequest,
  headers: readonly HeaderField[],
) {
  return { clientIp, method, uri, querystring, headers: eventHeaders(headers) };
}

function customOrigin(origin: Origin, limits: CloudFrontLimits): CloudFrontCustomOrigin {
  const url = new URL(origin.url);
  const protocol = url.protocol === "https:" ? "https" : "http";
  const customHeaders = Object.entries(origin.customHeaders ?? {}).map(([name, value]) => ({ name, value }));
  return {
    customHeaders: eventHeaders(customHeaders),
    domainName: url.hostname,
    keepaliveTimeout: ORIGIN_KEEP_ALIVE_SECONDS,
    path: origin.originPath ?? "",
    port: url.port === "" ? DEFAULT_PORTS[protocol] : Number(url.port),
    protocol,
    readTimeout: readTimeoutMs(origin, limits) / MS_PER_SECOND,
    sslProtocols: [...ORIGIN_TLS_PROTOCOLS],
  };
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
