/** The body of /verify and /settle in both x402 versions, with the limits that CDP puts on it. */

import * as v from "valibot";
import { getAddress, isAddress, isHash, isHex } from "viem";

const maxDescriptionLength = 500;

const hex = v.custom<`0x${string}`>((value) => isHex(value), "not hex");
const bytes32 = v.custom<`0x${string}`>(
  (value) => typeof value === "string" && isHash(value),
  "not 32 bytes",
);
const address = v.custom<`0x${string}`>(
  (value) => typeof value === "string" && isAddress(value, { strict: false }),
  "not an address",
);
const checksummedAddress = v.custom<`0x${string}`>(
  (value) => typeof value === "string" && isAddress(value, { strict: false }) && getAddress(value) === value,
  "not an EIP-55 checksummed address",
);
const caip2 = v.custom<`${string}:${string}`>(
  (value) => typeof value === "string" && /^[a-z0-9-]{3,8}:[\w-]{1,32}$/.test(value),
  "not a CAIP-2 network",
);
const atomicAmount = v.pipe(v.string(), v.regex(/^(0|[1-9]\d{0,77})$/, "not a decimal integer"));
const seconds = v.pipe(v.number(), v.integer(), v.minValue(1));
const description = v.pipe(v.string(), v.maxLength(maxDescriptionLength));
const extra = v.optional(v.record(v.string(), v.unknown()), {});

const exactEvmPayload = v.object({
  signature: hex,
  authorization: v.object({
    from: address,
    to: address,
    value: atomicAmount,
    validAfter: atomicAmount,
    validBefore: atomicAmount,
    nonce: bytes32,
  }),
});

const requirementsV1 = v.looseObject({
  scheme: v.string(),
  network: v.string(),
  maxAmountRequired: atomicAmount,
  resource: v.pipe(v.string(), v.url()),
  description,
  mimeType: v.string(),
  payTo: checksummedAddress,
  maxTimeoutSeconds: seconds,
  asset: checksummedAddress,
  extra,
});

const requirementsV2 = v.looseObject({
  scheme: v.string(),
  network: caip2,
  amount: atomicAmount,
  asset: checksummedAddress,
  payTo: checksummedAddress,
  maxTimeoutSeconds: seconds,
  extra,
});

const requestV1 = v.object({
  x402Version: v.literal(1),
  paymentPayload: v.looseObject({
    x402Version: v.literal(1),
    scheme: v.string(),
    network: v.string(),
    payload: exactEvmPayload,
  }),
  paymentRequirements: requirementsV1,
});

const requestV2 = v.object({
  x402Version: v.literal(2),
  paymentPayload: v.looseObject({
    x402Version: v.literal(2),
    resource: v.optional(v.looseObject({ url: v.string(), description: v.optional(description) })),
    accepted: v.looseObject({ ...requirementsV2.entries, asset: address, payTo: address }),
    payload: exactEvmPayload,
    extensions: v.optional(v.record(v.string(), v.unknown())),
  }),
  paymentRequirements: requirementsV2,
});

const request = v.pipe(v.string(), v.parseJson(), v.variant("x402Version", [requestV1, requestV2]));

export type PaymentRequest = v.InferOutput<typeof requestV1> | v.InferOutput<typeof requestV2>;

export type ParsedRequest =
  | { readonly ok: true; readonly request: PaymentRequest }
  | { readonly ok: false; readonly message: string };

/** Parses a body; `message` says which field is wrong and why. */
export function parsePaymentRequest(body: string): ParsedRequest {
  const parsed = v.safeParse(request, body);
  if (parsed.success) return { ok: true, request: parsed.output };
  const [issue] = parsed.issues;
  return { ok: false, message: `${v.getDotPath(issue) ?? "body"}: ${issue.message}` };
}
