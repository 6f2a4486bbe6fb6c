/** The keys that prove usage records: a key with a typing mistake in it is well formed and verifies nothing. */

import { createPublicKey } from "node:crypto";
import type { Config } from "../../protocol/config.ts";
import type { UsageKey } from "../../protocol/usage.ts";
import type { Fault } from "./fault.ts";

export function usageKeyFaults({ usage }: Config): Fault[] {
  return (usage?.keySet.keys ?? []).flatMap((key, index) =>
    isOnCurve(key)
      ? []
      : [
          {
            path: `usage.keySet.keys.${index}`,
            problem: "this is no point of the curve, so no record would ever verify",
            fix: "paste the key as the issuer publishes it",
          },
        ],
  );
}

function isOnCurve({ kty, crv, x, y }: UsageKey): boolean {
  try {
    createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}
