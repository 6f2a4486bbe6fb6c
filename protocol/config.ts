/**
 * What the running gateway and origin read of `edge402.config.ts`. One schema reads it at synth and when the origin
 * starts; it lists every fault with its path, and an unknown key is a fault. The edge gets it parsed (sealed-config.ts).
 */

import * as v from "valibot";
import { catalogSchema } from "./catalog.ts";
import { builtInPaths, isBuiltIn } from "./route.ts";
import { addressSchema, describeIssue, networkSchema, textSchema, urlSchema } from "./schema.ts";
import { usageSchema } from "./usage.ts";

/** Integer milliseconds or seconds within bounds. */
function duration(min: number, max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

const acceptedNetworkSchema = v.strictObject({
  chain: networkSchema,
  /** Where the money goes. */
  payTo: addressSchema,
  /** A JSON-RPC endpoint of this chain, read by the origin. */
  rpcUrl: urlSchema,
  /** Blocks on top of a transaction, its own included, before it counts as proof of payment. */
  confirmations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000)), 12),
});

/** What `/settle` must be left of the edge's budget. Milliseconds. */
const MIN_SETTLE_SHARE_MS = 500;

const budgetFields = v.strictObject({
  /** All that the edge does with one request. Lambda@Edge ends a viewer-request function after 5 s. */
  edgeMs: v.optional(duration(500, 29_000), 4_500),
  /** `/verify` within that; the rest is `/settle`'s. */
  verifyMs: v.optional(duration(100, 28_000), 2_000),
  /** Until the origin answers 202. A call begun before may take 5 s more, and API Gateway ends all after 30 s. */
  originMs: v.optional(duration(500, 24_000), 23_000),
  /** From settlement, or from the claim where the origin settles, until `X-Fallback-Region` is ordered from as well. */
  fallbackAfterMs: v.optional(duration(500, 50_000), 15_000),
  /** All that the origin-response function does with one answer. Lambda@Edge ends it after 30 s. */
  originResponseMs: v.optional(duration(1_000, 29_000), 24_000),
});

const budgetsSchema = v.pipe(
  budgetFields,
  v.check(
    ({ edgeMs, verifyMs }) => verifyMs + MIN_SETTLE_SHARE_MS <= edgeMs,
    `expected verifyMs to leave ${MIN_SETTLE_SHARE_MS} ms of edgeMs`,
  ),
);

/** As eSIM Access publishes them. */
const ESIM_ACCESS_SENDERS = [
  "3.1.131.226",
  "54.254.74.88",
  "18.136.190.97",
  "18.136.60.197",
  "18.136.19.137",
];

const configFields = v.strictObject({
  /** Where agents reach the gateway. `resource.url` is built from this, never from a request's Host. */
  publicUrl: urlSchema,
  /** The x402 schema takes 32 characters of printable ASCII. */
  serviceName: v.pipe(textSchema(1, 32), v.regex(/^[\x20-\x7e]*$/, "expected ASCII")),
  /** In the order in which agents are offered them. */
  networks: v.pipe(
    v.array(acceptedNetworkSchema),
    v.minLength(1),
    v.check(
      (list) => new Set(list.map(({ chain }) => chain)).size === list.length,
      "expected each chain once",
    ),
    v.check(
      (list) => new Set(list.map(({ chain }) => chain.testnet)).size <= 1,
      "expected mainnets or testnets, not both",
    ),
  ),
  /** The x402 facilitator's base URL. */
  facilitatorUrl: v.optional(urlSchema, "https://api.cdp.coinbase.com/platform/v2/x402"),
  /**
   * Who takes the money. `edge`: the gateway verifies and settles, then forwards. `origin`: the gateway verifies, the
   * origin secures the goods, settles, and only then reveals them. `origin-response`: the gateway verifies, an origin
   * that knows nothing of payments answers, and the gateway settles before it lets the answer out; only the catalog's
   * resources are served.
   */
  settle: v.optional(v.picklist(["edge", "origin", "origin-response"]), "edge"),
  /** Settle at the edge without `/verify` first: one call less, for goods that can't be taken back. */
  upfront: v.optional(v.boolean(), false),
  /** How long a quoted price stands. */
  invoiceTtlSeconds: v.optional(duration(30, 86_400), 600),
  /** How long a signed authorization may be used: until then an unknown settlement stays unknown. */
  maxTimeoutSeconds: v.optional(duration(10, 600), 60),
  /**
   * What proves a payment by transaction hash. `invoice`: the transaction's EIP-3009 nonce is the challenge's, or its
   * sender signed the invoice. `bearer`: the hash alone, which anybody who watches the chain can send first.
   */
  proofs: v.optional(v.picklist(["invoice", "bearer"]), "invoice"),
  /** When a settlement that nobody claimed is given back. Proofs by transaction hash must come within it. */
  unclaimedAfterSeconds: v.optional(duration(2, 3_600), 300),
  budgets: v.optional(budgetsSchema, {}),
  /** Who signs usage records. Without an issuer no usage counts. */
  usage: v.optional(usageSchema),
  /** From where the supplier sends its notifications. The gateway lets no others' through. */
  supplierAddresses: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.ip("expected an IP address"))), v.maxLength(100)),
    ESIM_ACCESS_SENDERS,
  ),
  catalog: v.pipe(
    catalogSchema,
    v.check(
      ({ resources }) => Object.keys(resources).every((path) => !isBuiltIn(path)),
      `expected no resource at ${builtInPaths.join(", ")}: the gateway answers there itself`,
    ),
  ),
});

export const configSchema = v.pipe(
  configFields,
  v.check(
    ({ settle, upfront }) => settle === "edge" || !upfront,
    "expected upfront only where the edge settles",
  ),
);

/** What a merchant writes. */
export type ConfigInput = v.InferInput<typeof configSchema>;
/** What the code reads. */
export type Config = v.InferOutput<typeof configSchema>;
export type AcceptedNetwork = v.InferOutput<typeof acceptedNetworkSchema>;

/** All that is wrong with a configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.faults = faults;
  }
}

/** @throws ConfigError naming every fault with its path */
export function parseConfig(input: unknown): Config {
  const result = v.safeParse(configSchema, input);
  if (!result.success) throw new ConfigError(result.issues.map(describeIssue));
  return result.output;
}
