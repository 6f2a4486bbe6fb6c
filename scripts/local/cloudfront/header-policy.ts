/**
 * Which headers an edge function may see, add and change, and which ones CloudFront keeps from the origin.
 * From the Developer Guide: "Restrictions on all edge functions" and "Request and response behavior for custom
 * origins".
 */

const disallowedNames = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "trailer",
  "upgrade",
  "x-accel-buffering",
  "x-accel-charset",
  "x-accel-limit-rate",
  "x-accel-redirect",
  "x-amzn-auth",
  "x-amzn-cf-billing",
  "x-amzn-cf-id",
  "x-amzn-cf-xff",
  "x-amzn-errortype",
  "x-amzn-fle-profile",
  "x-amzn-header-count",
  "x-amzn-header-order",
  "x-amzn-lambda-integration-tag",
  "x-amzn-requestid",
  "x-cache",
  "x-forwarded-proto",
  "x-real-ip",
]);

const disallowedPrefixes = ["x-accel-", "x-amz-cf-", "x-edge-"];

/** Headers no edge function sees in an event, and none may put in a result. `name` is lowercase. */
export function isDisallowed(name: string): boolean {
  return disallowedNames.has(name) || disallowedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** A viewer-request function reads these and must hand them back as they were. */
export const viewerRequestReadOnly = ["content-length", "host", "transfer-encoding", "via"] as const;

/** An origin-response function must hand these back as the origin sent them: taking one out fails as well. */
export const originResponseReadOnly = ["transfer-encoding", "via"] as const;

/** CloudFront writes this one itself, after viewer-request; a function that adds it there fails validation. */
export const VIEWER_COUNTRY = "cloudfront-viewer-country";

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that belong to one connection, in either direction. `name` is lowercase. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name);
}

const keptFromOrigin = new Set(["content-length", "expect", "host", "x-forwarded-proto", "x-real-ip"]);
const prefixesKeptFromOrigin = ["x-amz-cf-", "x-edge-"];

/**
 * Viewer headers that CloudFront drops or writes anew on the way to the origin. The other disallowed ones are
 * not documented as removed: they may reach the origin though the function never saw them, and do so here, so
 * that an origin which trusts one of them fails in tests.
 */
export function isKeptFromOrigin(name: string): boolean {
  return (
    isHopByHop(name) ||
    keptFromOrigin.has(name) ||
    prefixesKeptFromOrigin.some((prefix) => name.startsWith(prefix))
  );
}
