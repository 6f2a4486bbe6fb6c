/** `X-Fallback-Region`: part of the request for one eSIM, and of no other. Edge and origin read it here. */

import type { FingerprintInput } from "./fingerprint.ts";
import { HEADER } from "./headers.ts";
import { ACTIVATE } from "./route.ts";

/** @param path canonical @param header all values of it, joined by commas: no region has one in its name */
export function fallbackRegionOf(path: string, header: string | undefined): string | undefined {
  return path === ACTIVATE ? header : undefined;
}

/** Without the header a request has the fingerprint that it has always had. */
export function significantHeaders(fallbackRegion: string | undefined): FingerprintInput["headers"] {
  return fallbackRegion === undefined ? [] : [[HEADER.fallbackRegion, fallbackRegion]];
}
