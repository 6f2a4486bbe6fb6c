/** What all contestants sell: one resource, at one price, for USDC on one network. They build it in, so it is small. */

export const PATH = "/report";
export const HOST = "d2samplegateway.cloudfront.net";

export const PRICE = "$0.01";

/** The same in USDC's atomic units. */
export const ATOMIC_PRICE = "10000";

export const NETWORK = "eip155:84532";
export const PAY_TO = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
export const DESCRIPTION = "All plans compared by the cost of their data and days";
export const MIME_TYPE = "application/json";
export const MAX_TIMEOUT_SECONDS = 60;

/** As `@x402/core` takes it. */
export const ROUTES = {
  [`GET ${PATH}`]: {
    accepts: {
      scheme: "exact",
      price: PRICE,
      network: NETWORK,
      payTo: PAY_TO,
      maxTimeoutSeconds: MAX_TIMEOUT_SECONDS,
    },
    description: DESCRIPTION,
    mimeType: MIME_TYPE,
  },
} as const;

/** What stands behind every gateway. */
export const GOODS = { report: "cheapest plans" } as const;
