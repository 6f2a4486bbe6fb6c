/** The local facilitator verifies and settles real payments on real chains, with the official reasons. */

import { concat } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networks } from "../../../protocol/network.ts";
import { newAccount, secondsFromNow } from "../chain/authorization.ts";
import { deployWallet } from "../chain/wallet.ts";
import {
  call,
  merchant,
  mintToken,
  payer,
  paymentV1,
  paymentV2,
  price,
  type Stack,
  startStack,
} from "./harness.ts";

const { polygon, base, arbitrum } = networks;
let stack: Stack;
beforeAll(async () => {
  stack = await startStack([polygon, base, arbitrum]);
});
afterAll(() => stack.close());

function chainOf(network: typeof polygon | typeof base | typeof arbitrum) {
  const chain = stack.chains.find((candidate) => candidate.network === network);
  if (chain === undefined) throw new Error("no such chain");
  return chain;
}

test.each([
  ["v2", "polygon", polygon, paymentV2],
  ["v2", "base", base, paymentV2],
  ["v2", "arbitrum", arbitrum, paymentV2],
  ["v1", "polygon", polygon, paymentV1],
  ["v1", "base", base, paymentV1],
] as const)("%s on %s: verify moves nothing, settle moves the price", async (_, __, network, payment) => {
  const { body, nonce } = await payment(network);
  const before = await chainOf(network).usdcBalance(merchant);
  const verified = await call(stack.facilitator, "verify", body);
  expect(verified).toMatchObject({ status: 200, json: { isValid: true, payer: payer.address } });
  expect(await chainOf(network).usdcBalance(merchant)).toBe(before);
  const settled = await call(stack.facilitator, "settle", body);
  expect(settled).toMatchObject({
    status: 200,
    json: { success: true, network: body.paymentRequirements.network, payer: payer.address },
  });
  expect(await chainOf(network).usdcBalance(merchant)).toBe(before + price);
  expect(stack.facilitator.callsFor(nonce).map(({ endpoint }) => endpoint)).toEqual(["verify", "settle"]);
});

test("twenty payments settled at once all land", async () => {
  const chain = chainOf(base);
  const before = await chain.usdcBalance(merchant);
  const payments = await Promise.all(Array.from({ length: 20 }, () => paymentV2(base)));
  const settled = await Promise.all(payments.map(({ body }) => call(stack.facilitator, "settle", body)));
  expect(settled.map(({ json }) => json["success"])).toEqual(payments.map(() => true));
  expect(await chain.usdcBalance(merchant)).toBe(before + 20n * price);
});

test.each([
  "one after the other",
  "at once",
])("one authorization settled twice %s moves money once", async (when) => {
  const chain = chainOf(base);
  const before = await chain.usdcBalance(merchant);
  const { body } = await paymentV2(base);
  const settle = () => call(stack.facilitator, "settle", body);
  const first = settle();
  if (when === "one after the other") await first;
  const answers = await Promise.all([first, settle()]);
  expect(answers.map(({ json }) => json["success"]).sort()).toEqual([false, true]);
  expect(answers.find(({ json }) => json["success"] === false)?.json["errorReason"]).toBe(
    "invalid_exact_evm_nonce_already_used",
  );
  expect(await chain.usdcBalance(merchant)).toBe(before + price);
});

test("a contract wallet pays through its ERC-1271 signature", async () => {
  const chain = chainOf(base);
  const deployer = newAccount();
  await chain.fund(deployer.address);
  const wallet = await deployWallet(chain, deployer, payer.address);
  await chain.mintUsdc(wallet, price);
  const { body } = await paymentV2(base, { authorization: { from: wallet } });
  const payload = body.paymentPayload.payload;
  payload.signature = concat(["0x00", payload.signature]);
  expect((await call(stack.facilitator, "verify", body)).json).toMatchObject({
    isValid: true,
    payer: wallet,
  });
  expect((await call(stack.facilitator, "settle", body)).json).toMatchObject({
    success: true,
    payer: wallet,
  });
  expect(await chain.usdcBalance(wallet)).toBe(0n);
});

describe("verify gives the official reason for", () => {
  const poor = 1000n * price;
  test.each([
    [
      "more than the payer has",
      { authorization: { value: poor }, requirements: { amount: String(poor) } },
      "invalid_exact_evm_insufficient_balance",
    ],
    [
      "another value",
      { authorization: { value: price - 1n } },
      "invalid_exact_evm_payload_authorization_value_mismatch",
    ],
    [
      "another recipient",
      { authorization: { to: newAccount().address } },
      "invalid_exact_evm_recipient_mismatch",
    ],
    [
      "an expired window",
      { authorization: { validBefore: secondsFromNow(3) } },
      "invalid_exact_evm_payload_authorization_valid_before",
    ],
    [
      "a window that has not begun",
      { authorization: { validAfter: secondsFromNow(60) } },
      "invalid_exact_evm_payload_authorization_valid_after",
    ],
    [
      "somebody else's signature",
      { authorization: { from: newAccount().address } },
      "invalid_exact_evm_signature",
    ],
    [
      "another EIP-712 name",
      { requirements: { extra: { name: "Tether", version: "2" } } },
      "invalid_exact_evm_signature",
    ],
  ] as const)("%s", async (_, change, reason) => {
    const { body } = await paymentV2(base, change);
    const { json } = await call(stack.facilitator, "verify", body);
    expect(json).toMatchObject({ isValid: false, invalidReason: reason });
  });

  test("a used nonce", async () => {
    const { body } = await paymentV2(base);
    await call(stack.facilitator, "settle", body);
    expect((await call(stack.facilitator, "verify", body)).json).toMatchObject({
      isValid: false,
      invalidReason: "invalid_exact_evm_nonce_already_used",
    });
  });
});

test("settle gives the official reason for a payer without funds, from the token's own revert", async () => {
  const value = 1000n * price;
  const { body } = await paymentV2(base, {
    authorization: { value },
    requirements: { amount: String(value) },
  });
  expect((await call(stack.facilitator, "settle", body)).json).toMatchObject({
    success: false,
    errorReason: "invalid_exact_evm_insufficient_balance",
  });
});

test("/supported lists version 2 everywhere and version 1 where the network has a name in it", async () => {
  const url = `${stack.facilitator.url}/supported`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${await mintToken("GET", url)}` } });
  const supported: unknown = await response.json();
  const kind = (x402Version: number, network: string) => ({ x402Version, scheme: "exact", network });
  expect(supported).toEqual({
    kinds: [
      ...[polygon, base, arbitrum].map(({ caip2 }) => kind(2, caip2)),
      ...[polygon, base].map(({ v1Name }) => kind(1, v1Name)),
    ],
    extensions: [],
    signers: { "eip155:*": [expect.stringMatching(/^0x[0-9a-fA-F]{40}$/)] },
  });
});

test("a good payment is answered with 500, not called invalid, while the chain is down", async () => {
  const own = await startStack([base]);
  await Promise.all(own.chains.map((chain) => chain.close()));
  const { body } = await paymentV2(base);
  for (const endpoint of ["verify", "settle"] as const) {
    const answer = await call(own.facilitator, endpoint, body);
    expect(answer).toMatchObject({ status: 500, json: { errorType: "internal_server_error" } });
  }
  await own.close();
});
