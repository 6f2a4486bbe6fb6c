/** The two rules that hold against any server: a hostile challenge is never signed, and nothing is signed twice. */

import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatUsdc, usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { encodeBase64 } from "../../protocol/text.ts";
import {
  gatewayChallenge,
  goods,
  PRICE,
  problemAnswer,
  purchase,
  rawChallenge,
  receipt,
  v1Challenge,
  v1Offer,
  v2Challenge,
  v2Offer,
} from "./fixtures.ts";
import { type Merchant, payments, type ScriptedAnswer, type Step, startMerchant } from "./merchant.ts";

let merchant: Merchant;
let stranger: Merchant;
beforeAll(async () => {
  merchant = await startMerchant();
  stranger = await startMerchant();
});
afterAll(async () => {
  await merchant.close();
  await stranger.close();
});

const LIMIT = usdc(PRICE + 800_000n);
const otherText = (...right: string[]) =>
  fc.string({ maxLength: 40 }).filter((text) => !right.includes(text));
const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`)
  .filter((text) => text !== networks.polygon.usdc.address.toLowerCase());

/** Every change that must keep an otherwise good offer from being signed. */
const spoiling: fc.Arbitrary<object> = fc.oneof(
  fc.record({ scheme: fc.oneof(otherText("exact"), fc.constantFrom("upto", "Exact", null)) }),
  fc.record({ network: fc.oneof(otherText("eip155:137"), fc.constantFrom("polygon", "eip155:8453", 137)) }),
  fc.record({ asset: fc.oneof(address, fc.constantFrom(networks.base.usdc.address, "USDC", null)) }),
  fc.record({ amount: fc.bigInt({ min: LIMIT + 1n, max: 2n ** 256n - 1n }).map(String) }),
  fc.record({
    amount: fc.constantFrom(
      "-1",
      "4.20",
      "0x10",
      " 1",
      "01",
      "1e6",
      "",
      4_200_000,
      null,
      (2n ** 256n).toString(),
    ),
  }),
  fc.record({
    payTo: fc.constantFrom("", "0x", "merchant.eth", `0x${"b".repeat(39)}`, null, `0x${"Ab".repeat(20)}`),
  }),
  fc.record({
    maxTimeoutSeconds: fc.oneof(
      fc.integer({ max: 0 }),
      fc.integer({ min: 3_601 }),
      fc.constantFrom(1.5, "60", null),
    ),
  }),
  fc.record({ extra: fc.record({ name: otherText("USD Coin"), version: fc.constant("2") }) }),
  fc.record({ extra: fc.record({ name: fc.constant("USD Coin"), version: otherText("2") }) }),
  fc.record({ extra: fc.record({ assetTransferMethod: otherText("eip3009") }) }),
  fc.constantFrom({ extra: "USD Coin" }, { extra: { name: 2 } }),
);

const compact = JSON.stringify({ x402Version: 2, accepts: [v2Offer] });
/** Of a length whose base64 needs padding. */
const json = compact.padEnd(compact.length + ((4 - (compact.length % 3)) % 3));
const asciiText = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
});

/** Headers that are no strict challenge, though a lenient reader might find one in them. */
const malformed: fc.Arbitrary<string> = fc.oneof(
  asciiText,
  fc.json().map(encodeBase64),
  fc.constantFrom(
    json,
    encodeBase64(json).replaceAll("=", ""),
    `${encodeBase64(json)}=`,
    Buffer.from(`${json}?>`).toString("base64url"),
    encodeBase64(`${json} {}`),
    encodeBase64(json.replace("{", '{"x402Version":1,')),
    encodeBase64(json.replace('"amount"', '"amount":"1","amount"')),
    encodeBase64(json.replace("2", '"2"')),
    encodeBase64(json.replace('"x402Version":2', '"x402Version":3')),
    encodeBase64(JSON.stringify({ x402Version: 2, accepts: v2Offer })),
    encodeBase64(`\uFEFF${json}`),
  ),
);

const hostileChallenge: fc.Arbitrary<ScriptedAnswer> = fc.oneof(
  spoiling.map((change) => v2Challenge([{ ...v2Offer, ...change }])),
  spoiling
    .filter((change) => !("network" in change && change.network === "polygon"))
    .map((change) => {
      const price = "amount" in change ? { maxAmountRequired: change.amount } : {};
      return v1Challenge([{ ...v1Offer(networks.polygon), ...change, ...price }]);
    }),
  malformed.map(rawChallenge),
);

describe("against any server", () => {
  test("a hostile challenge is never signed", async () => {
    await fc.assert(
      fc.asyncProperty(hostileChallenge, async (challenge) => {
        merchant.plays(challenge, goods);
        const { result, signatures } = await purchase(merchant.url, { maxAmount: LIMIT });
        expect(signatures).toBe(0);
        expect(payments(merchant)).toEqual([]);
        expect(["no_acceptable_offer", "price_over_limit"]).toContain(result.outcome);
        expect(result.paid).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  test("no signature goes above the limit, and the authorization is exactly the price", async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n * LIMIT }), async (atomic) => {
        merchant.plays(v2Challenge([{ ...v2Offer, amount: atomic.toString() }]), goods);
        const { result, signatures } = await purchase(merchant.url, { maxAmount: LIMIT });
        expect(signatures).toBe(atomic <= LIMIT ? 1 : 0);
        expect(result.paid === null ? null : formatUsdc(result.paid.amount)).toBe(
          atomic <= LIMIT ? formatUsdc(usdc(atomic)) : null,
        );
      }),
      { numRuns: 50 },
    );
  });
});

const silent: readonly Step[] = [
  "reset",
  { status: 500 },
  { status: 429 },
  { status: 503, headers: { "retry-after": "1" } },
  { status: 502, body: "<html>" },
];
const speaking = (strangerUrl: string): readonly Step[] => [
  gatewayChallenge(),
  gatewayChallenge(undefined, "payment_expired"),
  gatewayChallenge(undefined, "insufficient_funds"),
  v2Challenge([v2Offer]),
  v1Challenge([v1Offer(networks.base)]),
  { status: 402 },
  problemAnswer("facilitator_unavailable"),
  problemAnswer("purchase_unrecorded"),
  problemAnswer("payment_unresolved", {}, { "retry-after": "2" }),
  problemAnswer("fulfilment_failed", {}, { location: "/v1/orders/ord_1" }),
  problemAnswer("payment_already_used"),
  problemAnswer("payment_malformed"),
  { status: 409, body: { retry_action: "resign", payment_state: "unused" } },
  { status: 307, headers: { location: strangerUrl } },
  { status: 202, headers: { location: "/v1/orders/ord_1" }, body: { access_token: "tok" } },
  { status: 202, headers: { location: `${strangerUrl}/v1/orders/ord_1` }, body: { access_token: "tok" } },
  { status: 202 },
  { status: 200, body: { state: "settling" } },
  { status: 200, body: { state: "void" } },
  { status: 200, headers: receipt(), body: {} },
  { status: 404 },
];

describe("for any sequence of answers", () => {
  /** Plays the sequence, after a challenge so that most runs get as far as a payment. */
  async function anySequence(check: (steps: readonly Step[]) => Promise<void>): Promise<void> {
    const step = fc.constantFrom(...silent, ...speaking(stranger.url));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        stranger.plays(goods);
        merchant.plays(gatewayChallenge(), ...steps);
        await check(steps);
      }),
      { numRuns: 250 },
    );
  }

  test("one signature is made, one payment is sent, four times at most, and to nobody else", async () => {
    await anySequence(async () => {
      const { signatures } = await purchase(merchant.url, { timeoutMs: 30_000 });
      const sent = payments(merchant);
      expect(signatures).toBe(1);
      expect(new Set(sent).size).toBe(1);
      expect(sent.length).toBeLessThanOrEqual(4);
      expect(stranger.requests).toEqual([]);
    });
  });

  test("money is called safe only where no sent payment went unanswered, or an answer cleared it", async () => {
    const clearing = (step: Step | undefined) =>
      typeof step === "object" &&
      (JSON.stringify(step.body ?? "").includes("unused") ||
        JSON.stringify(step.body ?? "").includes("void"));
    await anySequence(async (steps) => {
      const { result } = await purchase(merchant.url, { timeoutMs: 30_000 });
      const played = steps.slice(0, merchant.requests.length - 1);
      const lost = played.some((step) => silent.includes(step));
      if (result.paymentState === "unused" && lost) expect(clearing(played.at(-1))).toBe(true);
      expect(result.paid === null).toBe(["unused", "refunded"].includes(result.paymentState));
    });
  });
});
