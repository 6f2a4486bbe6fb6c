/**
 * One payment for all contestants: the same authorization under the same signature, in the envelope that each one's own
 * challenge asks for. And payments with which something is wrong.
 */

import { randomBytes } from "node:crypto";
import * as v from "valibot";
import type { Authorization } from "../../../protocol/eip3009.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { bytesToHex, parseAddress } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { networkByCaip2 } from "../../../protocol/network.ts";
import { decodeBase64, encodeBase64, parseJsonBytes } from "../../../protocol/text.ts";
import { localSigner, wireAuthorization } from "../../agent/sign.ts";
import { MAX_TIMEOUT_SECONDS, NETWORK } from "./terms.ts";

/**
 * - `forged`: signed by somebody else
 * - `underpaid`: signed for a millionth of a dollar less
 * - `expired`: its time was up two days ago
 * - `lapsed`: its time was up a minute ago; it may have paid for something before
 */
export type PaymentKind = "honest" | "forged" | "underpaid" | "expired" | "lapsed";

/** The v2 challenge of a 402. */
const challengeSchema = v.object({
  x402Version: v.literal(2),
  resource: v.looseObject({ url: v.string() }),
  accepts: v.tupleWithRest(
    [
      v.looseObject({
        scheme: v.literal("exact"),
        network: v.literal(NETWORK),
        amount: v.pipe(v.string(), v.regex(/^\d+$/)),
        asset: v.string(),
        payTo: v.string(),
      }),
    ],
    v.unknown(),
  ),
  extensions: v.optional(v.looseObject({})),
});

export type BenchChallenge = v.InferOutput<typeof challengeSchema>;

/** Undefined where the headers hold none on the one network. */
export function readChallenge(headers: Readonly<Record<string, string>>): BenchChallenge | undefined {
  const bytes = decodeBase64(headers[HEADER.paymentRequired] ?? "");
  const json = bytes === undefined ? undefined : parseJsonBytes(bytes);
  const parsed = v.safeParse(challengeSchema, json?.value);
  return parsed.success ? parsed.output : undefined;
}

const SECONDS_PER_DAY = 86_400;

export interface Purse {
  /** The payment's headers for a contestant's challenge. */
  pay(challenge: BenchChallenge, kind?: PaymentKind): Promise<Record<string, string>>;
}

/** One authorization's worth: whoever pays from it pays with the same nonce. @param now Unix seconds */
export function openPurse(now: number): Purse {
  const [payer, thief] = [localSigner(bytesToHex(randomBytes(32))), localSigner(bytesToHex(randomBytes(32)))];
  const nonce = bytesToHex(randomBytes(32));
  const network = networkByCaip2(NETWORK);
  if (network === undefined) throw new Error(`${NETWORK} is a network`);
  return {
    async pay(challenge, kind = "honest") {
      const [accepted] = challenge.accepts;
      const to = parseAddress(accepted.payTo);
      if (to === undefined) throw new Error("a challenge names whom to pay");
      const price = BigInt(accepted.amount);
      const authorization: Authorization = {
        from: payer.address,
        to,
        value: usdc(kind === "underpaid" ? price - 1n : price),
        validAfter: 0n,
        validBefore: BigInt(now + secondsLeft(kind)),
        nonce,
      };
      const signer = kind === "forged" ? thief : payer;
      const signature = await signer.signTransfer(network, authorization);
      const payload = { signature, authorization: wireAuthorization(authorization) };
      const { x402Version, resource, extensions } = challenge;
      // JSON leaves out what is undefined.
      const payment = { x402Version, resource, accepted, payload, extensions };
      return { [HEADER.paymentSignature]: encodeBase64(JSON.stringify(payment)) };
    },
  };
}

function secondsLeft(kind: PaymentKind): number {
  if (kind === "expired") return -2 * SECONDS_PER_DAY;
  return kind === "lapsed" ? -60 : MAX_TIMEOUT_SECONDS;
}
