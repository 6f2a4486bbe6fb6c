/** A grant as the gateway makes it, for the very request, but signed with a key that nobody has. */

import { fingerprint } from "../../../protocol/fingerprint.ts";
import { GRANT_ID_BYTES, signGrant } from "../../../protocol/grant.ts";
import { HEADER } from "../../../protocol/headers.ts";
import type { Asking, Target } from "./target.ts";

/** Grants are signed with HMAC-SHA-256. */
const KEY_BYTES = 32;

/** The header that would let the request in if its signature were not looked at. */
export async function forgedGrant(
  { method, path, body }: Asking,
  { now, randomBytes }: Pick<Target, "now" | "randomBytes">,
): Promise<Readonly<Record<string, string>>> {
  const request = { method, path, query: "", body: Buffer.from(body), headers: [] };
  const grant = {
    id: Buffer.from(randomBytes(GRANT_ID_BYTES)).toString("base64url"),
    fingerprint: fingerprint(request),
    payment: null,
    proof: null,
  };
  const key = { id: 1, secret: randomBytes(KEY_BYTES) };
  return { [HEADER.grant]: await signGrant(grant, [key], Math.floor(now() / 1_000)) };
}
