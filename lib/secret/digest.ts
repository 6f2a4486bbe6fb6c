/** Tells that a secret has changed, and nothing else about it. */

import { createHmac } from "node:crypto";
import { hexToBytes } from "../../protocol/hex.ts";
import type { PaywallSecrets } from "../secrets.ts";

/** Keeps a digest from ever being a token: both are made with the access secret. */
const LABEL = "edge402 digest of a secret\n";

/** Keyed, since a supplier's short password could be guessed from a plain hash in a template. */
export function digestOf(value: unknown, { keys: [current] }: PaywallSecrets): string {
  if (current === undefined) throw new Error("a deployment has a key");
  return createHmac("sha256", hexToBytes(current.access))
    .update(LABEL + JSON.stringify(value))
    .digest("hex");
}
