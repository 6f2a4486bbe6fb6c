/** A challenge that never changes, so that the floors spend nothing on making it. */

import {
  ATOMIC_PRICE,
  DESCRIPTION,
  HOST,
  MAX_TIMEOUT_SECONDS,
  MIME_TYPE,
  NETWORK,
  PATH,
  PAY_TO,
} from "../terms.ts";

export const REQUIREMENTS = {
  scheme: "exact",
  network: NETWORK,
  amount: ATOMIC_PRICE,
  asset: "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
  payTo: PAY_TO,
  maxTimeoutSeconds: MAX_TIMEOUT_SECONDS,
  extra: { name: "USDC", version: "2" },
} as const;

export const CHALLENGE = btoa(
  JSON.stringify({
    x402Version: 2,
    error: "Payment required",
    resource: { url: `https://${HOST}${PATH}`, description: DESCRIPTION, mimeType: MIME_TYPE },
    accepts: [REQUIREMENTS],
  }),
);
