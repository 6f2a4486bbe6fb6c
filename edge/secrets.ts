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
