/** The keys that the edge functions are built with. */

import { cdpAuthorizer, parseCdpKey } from "../protocol/cdp-jwt.ts";
import type { HmacKey } from "../protocol/keys.ts";

export interface EdgeSecrets {
  readonly cdpKeyId: string;
  /** Base64 Ed25519 or PEM; see `parseCdpKey`. */
  readonly cdpKeySecret: string;
  /** Sign invoices; the first is current, the others still verify. Shared with the origin. */
  readonly invoiceKeys: readonly HmacKey[];
  /** Sign grants; likewise. */
  readonly grantKeys: readonly HmacKey[];
  /** Built in by a synth that has read the CDP key. Others are read at once, so that a wrong one is noticed at once. */
  readonly checkedAtSynth?: boolean;
}

/** Makes the `Authorization` headers of the facilitator's POSTs. @throws CdpKeyError */
export function facilitatorAuthorizer(
  { cdpKeyId, cdpKeySecret, checkedAtSynth = false }: EdgeSecrets,
  ports: Parameters<typeof cdpAuthorizer>[1],
): ReturnType<typeof cdpAuthorizer> {
  const create = () => cdpAuthorizer(parseCdpKey(cdpKeyId, cdpKeySecret), ports);
  // Most requests are unpaid, and to read a key takes longer than to answer them.
  let authorize = checkedAtSynth ? undefined : create();
  return (url) => {
    authorize ??= create();
    return authorize(url);
  };
}
