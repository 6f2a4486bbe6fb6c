/** Each fault that a test can inject makes one call go wrong in its one way, and leaves the others alone. */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { networks } from "../../../protocol/network.ts";
import type { LocalChain } from "../../../scripts/local/chain/start-chain.ts";
import type { LocalFacilitator } from "../../../scripts/local/facilitator/start-facilitator.ts";
import { call, merchant, paymentV2, price, type Stack, startStack } from "./harness.ts";

const network = networks.base;
const confirmationTimeoutMs = 400;
let stack: Stack;
let chain: LocalChain;
let facilitator: LocalFacilitator;
let payment: Awaited<ReturnType<typeof paymentV2>>;
let before: bigint;

beforeAll(async () => {
  stack = await startStack([network], confirmationTimeoutMs);
  const [only] = stack.chains;
  if (only === undefined) throw new Error("no chain");
  chain = only;
  facilitator = stack.facilitator;
});
beforeEach(async () => {
  facilitator.faults.clear();
  payment = await paymentV2(network);
  before = await chain.usdcBalance(merchant);
});
afterAll(() => stack.close());

const settle = () => call(facilitator, "settle", payment.body);
const paid = async () => (await chain.usdcBalance(merchant)) - before;

test("delay: the work and the answer come late", async () => {
  facilitator.faults.queue("settle", { kind: "delay", ms: 200 });
  const begun = performance.now();
  const settled = settle();
  expect(await paid()).toBe(0n);
  expect((await settled).json).toMatchObject({ success: true });
  expect(performance.now() - begun).toBeGreaterThanOrEqual(199);
});

test("delay_after: the money moves at once and the answer comes late", async () => {
  facilitator.faults.queue("settle", { kind: "delay_after", ms: 600 });
  const begun = performance.now();
  const settled = settle();
  await expect.poll(paid, { timeout: 500, interval: 20 }).toBe(price);
  expect(performance.now() - begun).toBeLessThan(600);
  expect((await settled).json).toMatchObject({ success: true });
  expect(performance.now() - begun).toBeGreaterThanOrEqual(599);
});

test.each([
  ["before", 0n],
  ["after", price],
] as const)("reset %s: the connection breaks and %s moved", async (when, moved) => {
  facilitator.faults.queue("settle", { kind: "reset", when });
  await expect(settle()).rejects.toThrow("fetch failed");
  expect(await paid()).toBe(moved);
});

test.each([
  ["before", 500, 0n],
  ["after", 502, price],
] as const)("status %s: answers HTML with the status %i and %s moved", async (when, status, moved) => {
  facilitator.faults.queue("settle", { kind: "status", when, status });
  const answer = await settle();
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(/^<html>/);
  expect(await paid()).toBe(moved);
});

test.each([
  ["before", "not_json", /^<html>/, 0n],
  ["after", "not_json", /^<html>/, price],
  ["after", "wrong_shape", /^\{(?!.*success)/, price],
] as const)("garbage %s, %s: answers 200 with nothing usable", async (when, body, text, moved) => {
  facilitator.faults.queue("settle", { kind: "garbage", when, body });
  const answer = await settle();
  expect(answer.status).toBe(200);
  expect(answer.text).toMatch(text);
  expect(await paid()).toBe(moved);
});

test("hang: neither works nor answers", async () => {
  facilitator.faults.queue("settle", { kind: "hang" });
  const answer = await Promise.race([settle().catch(() => "broken"), chain.mine(1).then(() => pause(300))]);
  expect(answer).toBe("nothing yet");
  expect(await paid()).toBe(0n);
});

test("pending: settles, but answers settlement_pending with the real transaction", async () => {
  facilitator.faults.queue("settle", { kind: "pending" });
  const { json } = await settle();
  expect(json).toMatchObject({ success: false, errorReason: "settlement_pending", network: network.caip2 });
  expect(await paid()).toBe(price);
  const receipt = await chain.client.getTransactionReceipt({ hash: hashOf(json) });
  expect(receipt.status).toBe("success");
});

test("drop: answers settlement_pending with a transaction that was never sent", async () => {
  facilitator.faults.queue("settle", { kind: "drop" });
  const { json } = await settle();
  expect(json).toMatchObject({ success: false, errorReason: "settlement_pending" });
  await expect(chain.client.getTransaction({ hash: hashOf(json) })).rejects.toThrow("could not be found");
  expect(await paid()).toBe(0n);
});

test("duplicate: settles once and answers that the nonce was used", async () => {
  facilitator.faults.queue("settle", { kind: "duplicate" });
  const { json } = await settle();
  expect(json).toMatchObject({ success: false, errorReason: "invalid_exact_evm_nonce_already_used" });
  expect(await paid()).toBe(price);
});

test("a settlement that does not land in time is pending without any fault, and a retry finds it", async () => {
  await chain.pauseMining();
  const { json } = await settle();
  expect(json).toMatchObject({ success: false, errorReason: "settlement_pending" });
  expect(await paid()).toBe(0n);
  await chain.resumeMining();
  expect((await settle()).json).toMatchObject({ success: true, transaction: hashOf(json) });
  expect(await paid()).toBe(price);
});

test("a fault strikes one call, at its endpoint and for its nonce only", async () => {
  facilitator.faults.queue("settle", { kind: "status", when: "before", status: 500 }, payment.nonce);
  const other = await paymentV2(network);
  expect((await call(facilitator, "settle", other.body)).status).toBe(200);
  expect((await call(facilitator, "verify", payment.body)).status).toBe(200);
  expect((await settle()).status).toBe(500);
  expect((await settle()).json).toMatchObject({ success: true });
});

test("faults queued for one endpoint strike in their order", async () => {
  facilitator.faults.queue("verify", { kind: "status", when: "before", status: 500 });
  facilitator.faults.queue("verify", { kind: "status", when: "after", status: 502 });
  const verify = async () => (await call(facilitator, "verify", payment.body)).status;
  expect([await verify(), await verify(), await verify()]).toEqual([500, 502, 200]);
});

test("closing ends calls that hang or wait", async () => {
  const own = await startStack([network]);
  const bodies = await Promise.all([paymentV2(network), paymentV2(network)]);
  own.facilitator.faults.queue("settle", { kind: "hang" });
  own.facilitator.faults.queue("settle", { kind: "delay", ms: 60_000 });
  const calls = bodies.map(({ body }) => call(own.facilitator, "settle", body).catch(() => "broken"));
  await expect.poll(() => own.facilitator.calls.length, { interval: 20 }).toBe(2);
  await own.close();
  expect(await Promise.all(calls)).toEqual(["broken", "broken"]);
});

async function pause(ms: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "nothing yet";
}

function hashOf(json: Record<string, unknown>): `0x${string}` {
  const { transaction } = json;
  if (typeof transaction !== "string" || !/^0x[0-9a-f]{64}$/.test(transaction))
    throw new Error("no transaction");
  return `0x${transaction.slice(2)}`;
}
