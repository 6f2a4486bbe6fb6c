/** The keys that the edge functions are built with. */

import type { HmacKey } from "../protocol/keys.ts";

export interface EdgeSecrets {
  readonly cdpKeyId: string;
  /** Base64 Ed25519 or PEM; see `parseCdpKey`. */
  readonly cdpKeySecret: string;
  /** Sign invoices; the first is current, the others still verify. Shared with the origin. */
  readonly invoiceKeys: readonly HmacKey[];
  /** Sign grants; likewise. */
  readonly grantKeys: readonly HmacKey[];
}

type Authorize = (url: string) => Promise<string>;

/** With it comes node:crypto, which takes longer to load than an unpaid request to answer. */
const loadCdp = () => import("../protocol/cdp-jwt.ts");

/** Of secrets that no synth has checked. @throws CdpKeyError */
export async function checkCdpKey({ cdpKeyId, cdpKeySecret }: EdgeSecrets): Promise<void> {
  const { parseCdpKey } = await loadCdp();
  parseCdpKey(cdpKeyId, cdpKeySecret);
}

/** Makes the `Authorization` headers of the facilitator's POSTs, and reads the key for the first one. */
export function facilitatorAuthorizer(
  { cdpKeyId, cdpKeySecret }: EdgeSecrets,
  ports: { readonly now: () => number; readonly randomBytes: (length: number) => Uint8Array },
): Authorize {
  let authorize: Authorize | undefined;
  return async (url) => {
    if (authorize === undefined) {
      const { cdpAuthorizer, readCdpKey } = await loadCdp();
      authorize = cdpAuthorizer(readCdpKey(cdpKeyId, cdpKeySecret), ports);
    }
    return authorize(url);
  };
}
