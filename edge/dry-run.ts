/** Whether a request only wants to be told the price: by `?dry_run`, or by `Prefer: dry-run`. */

import { HEADER } from "../protocol/headers.ts";
import type { GateRequest } from "./http.ts";

const DRY_RUN_PARAMETER = "dry_run";
export const DRY_RUN_PREFERENCE = "dry-run";

export function isDryRun(canonicalQuery: string, headers: GateRequest["headers"]): boolean {
  return hasDryRunParameter(canonicalQuery) || prefersDryRun(headers);
}

/** Whatever value it has, and however often it is there: whoever is in doubt must not be charged. */
function hasDryRunParameter(canonicalQuery: string): boolean {
  return canonicalQuery.split("&").some((pair) => pair.split("=")[0] === DRY_RUN_PARAMETER);
}

/** RFC 7240: preferences between commas, each with a value and parameters if it likes; commas may stand in quotes. */
export function prefersDryRun(headers: GateRequest["headers"]): boolean {
  const preferences = headers.get(HEADER.prefer);
  if (preferences === undefined) return false;
  const list = preferences.join(",").replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
  return list.split(",").some((preference) => {
    const [name = ""] = preference.split(/[=;]/);
    return name.trim().toLowerCase() === DRY_RUN_PREFERENCE;
  });
}
