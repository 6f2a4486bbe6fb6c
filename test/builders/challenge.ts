/** A challenge as the gateway would send it, for tests to change one thing in. */

import type { ChallengeInput } from "../../protocol/challenge.ts";
import { INVOICE_ID_BYTES } from "../../protocol/invoice.ts";
import { usdc } from "../../protocol/money.ts";
import { acceptedNetworks } from "../../protocol/terms.ts";
import { acceptedInput, buildConfig } from "./config.ts";
import { hmacKey } from "./keys.ts";
import { NOW } from "./payment.ts";

/** Asks 0.003 USDC for the resource of `configInput`, on every mainnet. */
export function challengeInput(overrides: Partial<ChallengeInput> = {}): ChallengeInput {
  const networks = [acceptedInput("polygon"), acceptedInput("base"), acceptedInput("arbitrum")];
  const config = buildConfig({ networks });
  return {
    networks: acceptedNetworks(config),
    terms: [
      {
        price: usdc(3_000n),
        description: "A report",
        mimeType: "application/json",
        resourceUrl: `${config.publicUrl}/report`,
        maxTimeoutSeconds: config.maxTimeoutSeconds,
        upfront: config.upfront,
      },
    ],
    serviceName: config.serviceName,
    fingerprint: `0x${"5a".repeat(32)}`,
    invoiceKeys: [hmacKey(1)],
    invoiceTtlSeconds: config.invoiceTtlSeconds,
    newInvoiceId: () => new Uint8Array(INVOICE_ID_BYTES).fill(0xab),
    now: NOW,
    code: "payment_required",
    ...overrides,
  };
}
