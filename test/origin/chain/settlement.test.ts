/** On a real chain: which transaction paid us, and every way in which one only looks as if it had. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAsk } from "../../../origin/chain/client.ts";
import { createChain } from "../../../origin/chain/viem.ts";
import type { Chain } from "../../../origin/purchase/ports.ts";
import type { Address } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { type LocalChain, startChain } from "../../../scripts/local/chain/start-chain.ts";
import { MERCHANT } from "../../builders/config.ts";
import { authorizationOf, type Payer, type UsdcWallet, usdcWallet } from "./usdc-wallet.ts";

const network = networks.base;
const SOMEBODY: Address = `0x${"50".repeat(20)}`;
const AN_HOUR_MS = 3_600_000;

let local: LocalChain;
let wallet: UsdcWallet;
let chain: Chain;
let payer: Payer;
beforeAll(async () => {
  local = await startChain({ network, funded: [] });
  chain = createChain(
    createAsk([{ chain: network, payTo: MERCHANT, rpcUrl: local.rpcUrl, confirmations: 1 }]),
  );
  wallet = await usdcWallet(local);
  payer = await wallet.newPayer();
});
afterAll(() => local.close());

const state = (authorization: ReturnType<typeof authorizationOf>) =>
  chain.authorizationState(network, authorization);
const find = (authorization: ReturnType<typeof authorizationOf>, since = Date.now() - AN_HOUR_MS) =>
  chain.findSettlement(network, authorization, since);

test("an authorization that nobody used is unused as of the latest block's time", async () => {
  const before = await local.client.getBlock();
  const answer = await state(authorizationOf(payer, MERCHANT));
  const after = await local.client.getBlock();
  if (answer.kind !== "unused") throw new Error(`expected unused: ${answer.kind}`);
  expect(answer.blockTime).toBeGreaterThanOrEqual(before.timestamp);
  // The node answers a call as of a block in the making, which has the present second.
  expect(answer.blockTime).toBeLessThanOrEqual(after.timestamp + 3n);
  expect(await find(authorizationOf(payer, MERCHANT))).toEqual({ kind: "not_found" });
});

test("a payment is used, and found in its very transaction", async () => {
  const [first, second] = [authorizationOf(payer, MERCHANT), authorizationOf(payer, MERCHANT)];
  const firstHash = await wallet.send(await wallet.transfer(payer, first));
  const secondHash = await wallet.send(await wallet.transfer(payer, second));
  expect(firstHash).not.toBe(secondHash);
  expect(await state(first)).toEqual({ kind: "used" });
  expect(await find(first)).toEqual({ kind: "found", transaction: firstHash });
  expect(await find(second)).toEqual({ kind: "found", transaction: secondHash });
});

test("another payer's use of the same nonce is none", async () => {
  const other = await wallet.newPayer();
  const paid = authorizationOf(payer, MERCHANT);
  await wallet.send(await wallet.transfer(payer, paid));
  const unpaid = authorizationOf(other, MERCHANT, { nonce: paid.nonce });
  expect(await state(unpaid)).toMatchObject({ kind: "unused" });
  expect(await find(unpaid)).toEqual({ kind: "not_found" });
});

describe("a nonce is used elsewhere when the payer", () => {
  const claims = () => authorizationOf(payer, MERCHANT);

  test.each([
    ["paid himself", () => ({ to: payer.address })],
    ["paid somebody else", () => ({ to: SOMEBODY })],
    ["paid us an atomic unit less", () => ({ value: usdc(4_199_999n) })],
    ["paid us more", () => ({ value: usdc(4_200_001n) })],
    ["paid us nothing", () => ({ value: usdc(0n) })],
  ])("%s with it", async (_, change) => {
    const claimed = claims();
    await wallet.send(await wallet.transfer(payer, { ...claimed, ...change() }));
    expect(await state(claimed)).toEqual({ kind: "used" });
    expect(await find(claimed)).toEqual({ kind: "used_elsewhere" });
  });

  test("cancelled it", async () => {
    const claimed = claims();
    await wallet.send(await wallet.cancel(payer, claimed.nonce));
    expect(await state(claimed)).toEqual({ kind: "used" });
    expect(await find(claimed)).toEqual({ kind: "used_elsewhere" });
  });
});

describe("of two authorizations in one transaction", () => {
  /** One goes to somebody else, and one of the same amount, from the same payer, to us. */
  async function pair() {
    const elsewhere = authorizationOf(payer, SOMEBODY);
    const ours = authorizationOf(payer, MERCHANT);
    const claimed = { ...elsewhere, to: MERCHANT };
    const calls = {
      elsewhere: await wallet.transfer(payer, elsewhere),
      ours: await wallet.transfer(payer, ours),
    };
    return { ours, claimed, calls };
  }

  test.each([
    ["elsewhere", "ours"] as const,
    ["ours", "elsewhere"] as const,
  ])("the one to us does not count for the other: %s, then %s", async (first, second) => {
    const { ours, claimed, calls } = await pair();
    const transaction = await wallet.send(calls[first], calls[second]);
    expect(await find(claimed)).toEqual({ kind: "used_elsewhere" });
    expect(await find(ours)).toEqual({ kind: "found", transaction });
  });

  test("a cancellation stays one beside a payment to us", async () => {
    const cancelled = authorizationOf(payer, MERCHANT);
    const ours = authorizationOf(payer, MERCHANT);
    const transaction = await wallet.send(
      await wallet.cancel(payer, cancelled.nonce),
      await wallet.transfer(payer, ours),
    );
    expect(await find(cancelled)).toEqual({ kind: "used_elsewhere" });
    expect(await find(ours)).toEqual({ kind: "found", transaction });
  });

  test("both to us count, each for itself", async () => {
    const [one, two] = [authorizationOf(payer, MERCHANT), authorizationOf(payer, MERCHANT)];
    const transaction = await wallet.send(
      await wallet.transfer(payer, one),
      await wallet.transfer(payer, two),
    );
    expect(await find(one)).toEqual({ kind: "found", transaction });
    expect(await find(two)).toEqual({ kind: "found", transaction });
  });
});

test("a settlement more than one range of blocks ago is found, a cancellation too, and the search has an end", async () => {
  const paid = authorizationOf(payer, MERCHANT);
  const cancelled = authorizationOf(payer, MERCHANT);
  const transaction = await wallet.send(await wallet.transfer(payer, paid));
  await wallet.send(await wallet.cancel(payer, cancelled.nonce));
  await local.mine(2_500);
  expect(await state(paid)).toEqual({ kind: "used" });
  expect(await find(paid)).toEqual({ kind: "found", transaction });
  expect(await find(cancelled)).toEqual({ kind: "used_elsewhere" });
  expect(await find(paid, Date.now() + AN_HOUR_MS)).toEqual({ kind: "not_found" });
});

test("a wallet's balance is what came in and did not go out", async () => {
  const other = await wallet.newPayer();
  expect(await chain.usdcBalance(network, other.address)).toBe(100_000_000n);
  await wallet.send(await wallet.transfer(other, authorizationOf(other, SOMEBODY)));
  expect(await chain.usdcBalance(network, other.address)).toBe(95_800_000n);
  expect(await chain.usdcBalance(network, `0x${"51".repeat(20)}`)).toBe(0n);
  expect(await chain.usdcBalance(networks.polygon, other.address)).toBeUndefined();
});

describe("a chain", () => {
  test("is reachable when it is the one its network says", async () => {
    expect(await chain.isReachable(network)).toBe(true);
    const polygon = networks.polygon;
    const mistaken = createChain(
      createAsk([{ chain: polygon, payTo: MERCHANT, rpcUrl: local.rpcUrl, confirmations: 1 }]),
    );
    expect(await mistaken.isReachable(polygon)).toBe(false);
  });

  test("that is not configured is unreachable", async () => {
    const authorization = authorizationOf(payer, MERCHANT);
    expect(await chain.isReachable(networks.polygon)).toBe(false);
    expect(await chain.authorizationState(networks.polygon, authorization)).toEqual({ kind: "unreachable" });
    expect(await chain.findSettlement(networks.polygon, authorization, 0)).toEqual({ kind: "unreachable" });
  });
});
