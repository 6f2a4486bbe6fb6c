import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SupplierLifecycle } from "../../../origin/supplier/lifecycle.ts";
import { listen } from "../../../scripts/local/listen.ts";
import { topupCode } from "../../../scripts/local/supplier/catalog.ts";
import type { Endpoint } from "../../../scripts/local/supplier/endpoints.ts";
import type { Fault } from "../../../scripts/local/supplier/faults.ts";
import type { SimulatedSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { clientOf, start, usOrder } from "./client.ts";

const GIBIBYTE = 1_073_741_824n;
const START_BALANCE = 1_000_000_000n;
const PRICE = usOrder.unitPrice;
const WRONG_STATUS = { kind: "refused", reason: "wrong_status", code: "200002" };
const INVALID = { kind: "refused", reason: "invalid_request", code: "local" };

let supplier: SimulatedSupplier;
let client: ReturnType<typeof clientOf>;
let esimTranNo: string;

beforeEach(async () => {
  supplier = await start();
  client = clientOf(supplier.url);
  await client.order(usOrder);
  esimTranNo = supplier.orders[0]?.profiles[0]?.esimTranNo ?? "";
});
afterEach(() => supplier.close());

/** A top-up of the eSIM that was bought; a test changes one thing. */
const topUp = () => ({
  esimTranNo,
  packageCode: topupCode(usOrder.packageCode),
  transactionId: "topup-1",
  price: PRICE,
});

describe("a top-up", () => {
  test("adds data and days to an eSIM in use, at its price", async () => {
    supplier.install(esimTranNo);
    const before = await client.profileOf({ esimTranNo });
    const ends = before.kind === "found" ? Date.parse(before.profile.expiresAt ?? "") : 0;
    const topped = await client.topUp(topUp());
    expect(topped).toMatchObject({
      kind: "topped_up",
      iccid: supplier.orders[0]?.profiles[0]?.iccid,
      totalBytes: 2n * GIBIBYTE,
      usedBytes: 0n,
    });
    const days = topped.kind === "topped_up" ? Date.parse(topped.expiresAt ?? "") - ends : 0;
    expect(days).toBe(7 * 86_400_000);
    expect(supplier.balance()).toBe(START_BALANCE - 2n * PRICE);
  });

  test("twenty times at once under one transaction id charges once", async () => {
    const clients = Array.from({ length: 20 }, () => clientOf(supplier.url));
    const answers = await Promise.all(clients.map((one) => one.topUp(topUp())));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(["topped_up"]));
    expect(supplier.balance()).toBe(START_BALANCE - 2n * PRICE);
  });

  test("brings an eSIM back that was used up", async () => {
    supplier.install(esimTranNo);
    supplier.consume(esimTranNo, GIBIBYTE);
    expect(await client.profileOf({ esimTranNo })).toMatchObject({ profile: { esimStatus: "USED_UP" } });
    await client.topUp(topUp());
    expect(await client.profileOf({ esimTranNo })).toMatchObject({ profile: { esimStatus: "IN_USE" } });
  });

  test("is refused, and costs nothing, when its price has moved or the eSIM is no more", async () => {
    supplier.setPrice(topUp().packageCode, PRICE + 1n);
    expect(await client.topUp(topUp())).toEqual({ kind: "refused", reason: "price_moved", code: "200006" });
    supplier.setPrice(topUp().packageCode, PRICE);
    await client.cancel(esimTranNo);
    expect(await client.topUp(topUp())).toEqual(WRONG_STATUS);
    expect(supplier.balance()).toBe(START_BALANCE);
  });

  test.each([
    ["no eSIM", { esimTranNo: "" }],
    ["no package", { packageCode: "" }],
    ["no transaction id", { transactionId: "" }],
    ["a transaction id of 51 characters", { transactionId: "x".repeat(51) }],
    ["a negative price", { price: -1n }],
    ["a price beyond JSON's whole numbers", { price: 2n ** 53n }],
  ])("with %s is refused unsent", async (_why, change) => {
    expect(await client.topUp({ ...topUp(), ...change })).toEqual(INVALID);
    expect(supplier.calls).toEqual(["esim/order"]);
  });

  test("is chosen among the packages that fit the eSIM", async () => {
    const iccid = supplier.orders[0]?.profiles[0]?.iccid ?? "";
    const answer = await client.packages({ type: "TOPUP", iccid });
    const packages = answer.kind === "ok" ? answer.packages : [];
    expect(packages.map(({ packageCode }) => packageCode)).toContain(topUp().packageCode);
    for (const { locations } of packages) expect(locations).toEqual(["US"]);
  });
});

describe("an eSIM", () => {
  test("is suspended and resumed, each once", async () => {
    expect(await client.resume(esimTranNo)).toEqual(WRONG_STATUS);
    expect(await client.suspend(esimTranNo)).toEqual({ kind: "suspended" });
    expect(await client.suspend(esimTranNo)).toEqual(WRONG_STATUS);
    expect(await client.profileOf({ esimTranNo })).toMatchObject({ profile: { esimStatus: "SUSPENDED" } });
    expect(await client.resume(esimTranNo)).toEqual({ kind: "resumed" });
    expect(await client.profileOf({ esimTranNo })).toMatchObject({ profile: { esimStatus: "GOT_RESOURCE" } });
  });

  test("is revoked for good, without money back", async () => {
    expect(await client.revoke(esimTranNo)).toEqual({ kind: "revoked" });
    for (const again of [client.revoke, client.suspend, client.cancel]) {
      expect(await again(esimTranNo)).toEqual(WRONG_STATUS);
    }
    expect(supplier.balance()).toBe(START_BALANCE - PRICE);
  });

  test("is found by its number and by its ICCID", async () => {
    const iccid = supplier.orders[0]?.profiles[0]?.iccid ?? "";
    const byNumber = await client.profileOf({ esimTranNo });
    expect(byNumber).toMatchObject({ kind: "found", profile: { esimTranNo, iccid } });
    expect(await client.profileOf({ iccid })).toEqual(byNumber);
  });

  test("that nobody knows is refused as missing", async () => {
    const missing = { kind: "refused", reason: "profile_missing", code: "310403" };
    expect(await client.profileOf({ esimTranNo: "1" })).toEqual(missing);
    expect(await client.suspend("1")).toEqual(missing);
  });

  test("that is being allocated says so", async () => {
    const slow = await start({ allocationDelayMs: 60_000 });
    await clientOf(slow.url).order(usOrder);
    const pending = slow.orders[0]?.profiles[0]?.esimTranNo ?? "";
    expect(await clientOf(slow.url).profileOf({ esimTranNo: pending })).toEqual({ kind: "allocating" });
    await slow.close();
  });
});

describe("usage", () => {
  test("of twelve eSIMs takes two requests, and lists only those that there are", async () => {
    await client.order({ ...usOrder, transactionId: "order-2", count: 11 });
    const numbers = supplier.orders.flatMap(({ profiles }) => profiles.map((one) => one.esimTranNo));
    supplier.consume(esimTranNo, 5n);
    const answer = await client.usage([...numbers, "none"]);
    const usage = answer.kind === "ok" ? answer.usage : [];
    expect(usage.map((one) => one.esimTranNo).sort()).toEqual([...numbers].sort());
    expect(usage.find((one) => one.esimTranNo === esimTranNo)).toMatchObject({
      usedBytes: 5n,
      totalBytes: GIBIBYTE,
      updatedAt: expect.stringMatching(/Z$/),
    });
    expect(supplier.calls.filter((endpoint) => endpoint === "esim/usage/query")).toHaveLength(2);
  });

  test("of no eSIM takes no request", async () => {
    expect(await client.usage([])).toEqual({ kind: "ok", usage: [] });
    expect(supplier.calls).toEqual(["esim/order"]);
  });

  test("whose second request fails is not half an answer", async () => {
    supplier.faults.add("esim/usage/query", { kind: "delay", ms: 1 });
    supplier.faults.add("esim/usage/query", { kind: "reset_after" });
    expect(await client.usage(Array.from({ length: 11 }, (_, n) => `${n}`))).toEqual({
      kind: "unknown",
      detail: "connection_failed",
    });
  });
});

describe("a webhook", () => {
  test.each([
    "http://example.com/hook",
    "ftp://127.0.0.1/x",
    "hook",
    "",
  ])("at %j is refused unsent", async (url) => {
    expect(await client.saveWebhook(url)).toEqual(INVALID);
    expect(supplier.calls).toEqual(["esim/order"]);
  });

  test("is saved once it answers, and not when it does not", async () => {
    let status = 500;
    const hook = await listen(
      createServer((_request, response) => response.writeHead(status).end()),
      "a webhook",
    );
    expect(await client.saveWebhook(`${hook.url}/secret`)).toMatchObject({ kind: "refused" });
    status = 200;
    expect(await client.saveWebhook(`${hook.url}/secret`)).toEqual({ kind: "saved" });
    await hook.close();
  });
});

const unknown = (detail: string) => ({ kind: "unknown", detail });

const faults: readonly [Fault, object][] = [
  [{ kind: "delay", ms: 10_000 }, unknown("timeout")],
  [{ kind: "hang" }, unknown("timeout")],
  [{ kind: "reset_before" }, unknown("connection_failed")],
  [{ kind: "reset_after" }, unknown("connection_failed")],
  [{ kind: "status_before", status: 502 }, unknown("http_502")],
  [{ kind: "status_after", status: 503 }, unknown("http_503")],
  [{ kind: "garbage" }, unknown("not_json")],
  [
    { kind: "error", code: "900001" },
    { kind: "refused", reason: "busy", code: "900001" },
  ],
  [
    { kind: "error", code: "999999" },
    { kind: "refused", reason: "unrecognized", code: "999999" },
  ],
];

const calls: readonly [Endpoint, (client: SupplierLifecycle) => Promise<object>][] = [
  ["esim/topup", (one) => one.topUp(topUp())],
  ["esim/suspend", (one) => one.suspend(esimTranNo)],
  ["esim/unsuspend", (one) => one.resume(esimTranNo)],
  ["esim/revoke", (one) => one.revoke(esimTranNo)],
  ["esim/usage/query", (one) => one.usage([esimTranNo])],
  ["esim/query", (one) => one.profileOf({ esimTranNo })],
  ["webhook/save", (one) => one.saveWebhook("http://127.0.0.1:9/hook")],
];

describe.each(calls)("%s", (endpoint, act) => {
  test("answers every fault with its value, and never throws", async () => {
    const answers = faults.map(async ([fault, expected]) => {
      const own = await start();
      own.faults.add(endpoint, fault);
      const isSlow = JSON.stringify(expected).includes("timeout");
      const answer = await act(clientOf(own.url, { deadlineMs: isSlow ? 150 : 5_000 }));
      await own.close();
      return answer;
    });
    expect(await Promise.all(answers)).toEqual(faults.map(([, expected]) => expected));
  });
});

test("a top-up whose answer is lost is the same one when it is asked for again", async () => {
  supplier.faults.add("esim/topup", { kind: "reset_after" });
  expect(await client.topUp(topUp())).toEqual(unknown("connection_failed"));
  expect(await client.topUp(topUp())).toMatchObject({ kind: "topped_up", totalBytes: 2n * GIBIBYTE });
  expect(supplier.balance()).toBe(START_BALANCE - 2n * PRICE);
});
