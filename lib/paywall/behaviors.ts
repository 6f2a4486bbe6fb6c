/** How the distribution treats a path: what is forwarded, what is cached, and which functions look at it. */

import { Duration } from "aws-cdk-lib";
import {
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  type EdgeLambda,
  type ErrorResponse,
  type IOrigin,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import type { Catalog } from "../../protocol/catalog.ts";
import { matchRoute } from "../../protocol/route.ts";

/** How stale an answer from the cache may be. */
const CACHE_FOR = Duration.seconds(60);

/** The status codes of an origin's errors that CloudFront would keep for 10 s of its own accord. */
const KEPT_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/**
 * One payer's "refunded", one order's "not found" must not be the next one's answer, and CloudFront keeps errors also
 * where nothing else is cached.
 */
export const uncachedErrors: readonly ErrorResponse[] = KEPT_ERRORS.map((httpStatus) => ({
  httpStatus,
  ttl: Duration.seconds(0),
}));

export function uncachedBehavior(origin: IOrigin, edgeLambdas: readonly EdgeLambda[]): BehaviorOptions {
  return {
    origin,
    edgeLambdas: [...edgeLambdas],
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    // API Gateway answers 403 to a Host that is not its own.
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    // Refused, not redirected: by then a payment or a token has been sent in the clear.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  };
}

/**
 * For answers that are the same for everybody. The gateway's function still sees each request, so that what it refuses
 * is refused here too; its grant is a header, no header is in the cache's key, and the origin gets a fresh one with
 * each request that is not answered from the cache. The minimum overrides the origin's `no-store`.
 */
export function cachedBehavior(
  scope: Construct,
  origin: IOrigin,
  edgeLambdas: readonly EdgeLambda[],
): BehaviorOptions {
  return {
    ...uncachedBehavior(origin, edgeLambdas),
    cachePolicy: new CachePolicy(scope, "CachePolicy", {
      comment: "Answers that are the same for everybody",
      minTtl: CACHE_FOR,
      defaultTtl: CACHE_FOR,
      maxTtl: CACHE_FOR,
      headerBehavior: CacheHeaderBehavior.none(),
      cookieBehavior: CacheCookieBehavior.none(),
      queryStringBehavior: CacheQueryStringBehavior.none(),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    }),
  };
}

/** Paths whose answers are bought, or are one buyer's own. @throws Error on a path that may not be cached */
export function assertCacheable(catalog: Catalog, path: string): void {
  const match = matchRoute(catalog, path);
  const isRead = match.kind === "found" && match.method === "GET";
  if (isRead && match.route.kind === "free" && match.route.orderId === undefined) return;
  throw new Error(`${path} can't be cached: expected one path that is free and not an order's`);
}
