import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseActivationCode } from "../../../origin/esim/lpa.ts";
import type { Supplier } from "../../../origin/supplier/port.ts";
import type { SimulatedSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { isIccid } from "../../builders/iccid.ts";
import { accessCode, clientOf, start, usOrder } from "./client.ts";

let supplier: SimulatedSupplier;
let client: Supplier;

beforeEach(async () => {
  supplier = await start();
  client = clientOf(supplier.url);
});

afterEach(() => supplier.close());

async function orderNoOf(request = usOrder): Promise<string> {
  const ordered = await client.order(request);
  if (ordered.kind !== "ordered") throw new Error(`not ordered: ${JSON.stringify(ordered)}`);
  return ordered.orderNo;
}

async function profileOf(orderNo: string) {
  const answer = await client.profiles(orderNo);
  const profile = answer.kind === "ready" ? answer.profiles[0] : undefined;
  if (profile === undefined) throw new Error(`no profile: ${answer.kind}`);
  return profile;
}

describe("ordering", () => {
  test("an order is bought at its price and its profile can be installed", async () => {
    const orderNo = await orderNoOf();
    const profile = await profileOf(orderNo);
    expect(profile).toMatchObject({
      orderNo,
      packageCode: usOrder.packageCode,
      smdpStatus: "RELEASED",
      esimStatus: "GOT_RESOURCE",
      apn: "internet.local.test",
      totalBytes: 1_073_741_824n,
      usedBytes: 0n,
    });
    expect(isIccid(profile.iccid)).toBe(true);
    expect(parseActivationCode(profile.activationCode)).not.toBeNull();
    expect(Date.parse(profile.expiresAt ?? "")).toBeGreaterThan(Date.now());
    expect(await client.balance()).toEqual({ kind: "ok", balance: 1_000_000_000n - 9_000n });
  });

  test("the same transaction id twenty times at once buys once", async () => {
    const clients = Array.from({ length: 20 }, () => clientOf(supplier.url));
    const answers = await Promise.all(clients.map((one) => one.order(usOrder)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ kind: "ordered" });
    expect(supplier.orders).toHaveLength(1);
    expect(supplier.balance()).toBe(1_000_000_000n - 9_000n);
  });

  test("thirty profiles are read through pages that are smaller than asked for", async () => {
    const paged = await start({ maxPageSize: 7 });
    client = clientOf(paged.url);
    const answer = await client.profiles(await orderNoOf({ ...usOrder, count: 30 }));
    const profiles = answer.kind === "ready" ? answer.profiles : [];
    expect(new Set(profiles.map((profile) => profile.iccid)).size).toBe(30);
    expect(paged.calls.filter((endpoint) => endpoint === "esim/query")).toHaveLength(5);
    await paged.close();
  });

  test("a profile is allocating until the supplier has it", async () => {
    let now = Date.now();
    const slow = await start({ allocationDelayMs: 20_000, now: () => now });
    client = clientOf(slow.url, { now: () => now });
    const orderNo = await orderNoOf();
    expect(await client.profiles(orderNo)).toEqual({ kind: "allocating" });
    now += 20_000;
    expect(await client.profiles(orderNo)).toMatchObject({ kind: "ready" });
    await slow.close();
  });

  test("a price that has moved refuses the order and costs nothing", async () => {
    supplier.setPrice(usOrder.packageCode, 9_500n);
    expect(await client.order(usOrder)).toEqual({ kind: "refused", reason: "price_moved", code: "200005" });
    expect(supplier.balance()).toBe(1_000_000_000n);
  });

  test("an unknown package, an empty shelf and an empty balance are told apart", async () => {
    supplier.setStock(usOrder.packageCode, 0);
    expect(await client.order(usOrder)).toEqual({ kind: "refused", reason: "out_of_stock", code: "200011" });
    expect(await client.order({ ...usOrder, packageCode: "NONE" })).toEqual({
      kind: "refused",
      reason: "package_unavailable",
      code: "310241",
    });
    const poor = await start({ balance: 8_999n });
    expect(await clientOf(poor.url).order(usOrder)).toEqual({
      kind: "refused",
      reason: "insufficient_balance",
      code: "200007",
    });
    await poor.close();
  });

  test.each([
    ["a transaction id of 51 characters", { ...usOrder, transactionId: "x".repeat(51) }],
    ["no transaction id", { ...usOrder, transactionId: "" }],
    ["no profile", { ...usOrder, count: 0 }],
    ["half a profile", { ...usOrder, count: 0.5 }],
    ["31 profiles", { ...usOrder, count: 31 }],
    ["a negative price", { ...usOrder, unitPrice: -1n }],
    ["a price beyond JSON's whole numbers", { ...usOrder, count: 30, unitPrice: 2n ** 53n - 1n }],
  ])("an order with %s is refused unsent", async (_why, request) => {
    expect(await client.order(request)).toEqual({
      kind: "refused",
      reason: "invalid_request",
      code: "local",
    });
    expect(supplier.calls).toEqual([]);
  });

  test("an order number that the supplier does not know is refused as missing", async () => {
    expect(await client.profiles("B1")).toEqual({ kind: "refused", reason: "order_missing", code: "310272" });
  });
});

describe("cancelling", () => {
  test("a profile that nobody installed is refunded, once", async () => {
    const { esimTranNo, orderNo } = await profileOf(await orderNoOf());
    expect(await client.cancel(esimTranNo)).toEqual({ kind: "cancelled" });
    expect(await client.cancel(esimTranNo)).toEqual({
      kind: "refused",
      reason: "wrong_status",
      code: "200002",
    });
    expect(supplier.balance()).toBe(1_000_000_000n);
    expect(await profileOf(orderNo)).toMatchObject({ esimStatus: "CANCEL" });
  });

  test("an installed profile is not taken back", async () => {
    const { esimTranNo, orderNo } = await profileOf(await orderNoOf());
    supplier.install(esimTranNo);
    expect(await client.cancel(esimTranNo)).toEqual({
      kind: "refused",
      reason: "wrong_status",
      code: "200002",
    });
    expect(await profileOf(orderNo)).toMatchObject({ esimStatus: "IN_USE", smdpStatus: "ENABLED" });
  });
});

describe("listing packages", () => {
  test("a package is found by its code, with price and carriers", async () => {
    const answer = await client.packages({ packageCode: usOrder.packageCode });
    const packages = answer.kind === "ok" ? answer.packages : [];
    expect(packages).toHaveLength(1);
    expect(packages[0]).toMatchObject({
      unitPrice: 9_000n,
      volumeBytes: 1_073_741_824n,
      duration: 7,
      durationUnit: "DAY",
      locations: ["US"],
    });
    expect(packages[0]?.operators).toContainEqual({ location: "US", name: "T-Mobile", networkType: "5G" });
  });

  test("packages are found by a country they work in", async () => {
    const answer = await client.packages({ locationCode: "MX" });
    const slugs = answer.kind === "ok" ? answer.packages.map((item) => item.slug) : [];
    expect(slugs).toEqual(["NA-3_1_7", "GL-120_1_7", "GL-120_3_30", "GL-120_5_30"]);
  });
});

describe("authentication", () => {
  test("the access code alone is enough", async () => {
    expect(await clientOf(supplier.url, { secretKey: undefined }).balance()).toMatchObject({ kind: "ok" });
  });

  test.each([
    ["a wrong access code", { accessCode: "wrong" }, "access_denied", "000102"],
    ["a signature with the wrong key", { secretKey: "wrong" }, "access_denied", "101003"],
    ["a clock an hour off", { now: () => Date.now() - 3_600_000 }, "clock_rejected", "101001"],
  ])("%s is refused", async (_why, options, reason, code) => {
    expect(await clientOf(supplier.url, options).balance()).toEqual({ kind: "refused", reason, code });
  });

  test.each([
    ["plain http beyond loopback", { baseUrl: "http://api.example.com" }],
    ["a base URL that is none", { baseUrl: "api.example.com" }],
    ["an access code with a line break", { accessCode: `${accessCode}\nX: y` }],
    ["no access code", { accessCode: "" }],
    ["an empty secret key", { secretKey: "" }],
    ["no deadline", { deadlineMs: 0 }],
  ])("a client with %s is not made", (_why, options) => {
    expect(() => clientOf(supplier.url, options)).toThrow(TypeError);
    expect(() => clientOf(supplier.url, options)).not.toThrow(accessCode);
  });
});

describe("the rate limit", () => {
  test("twelve calls at once stay within the supplier's eight a second", async () => {
    const strict = await start({ requestsPerSecond: 8 });
    client = clientOf(strict.url);
    const answers = await Promise.all(Array.from({ length: 12 }, () => client.balance()));
    expect(answers.map((answer) => answer.kind)).toEqual(Array(12).fill("ok"));
    await strict.close();
  });

  test("a call that would wait longer than half its deadline is refused unsent", async () => {
    client = clientOf(supplier.url, { deadlineMs: 1_000 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => client.balance()));
    expect(answers[8]).toEqual({ kind: "refused", reason: "busy", code: "local" });
    expect(supplier.calls).toHaveLength(8);
  });

  test("a supplier that is too busy says so", async () => {
    const strict = await start({ requestsPerSecond: 1 });
    const answers = [await clientOf(strict.url).balance(), await clientOf(strict.url).balance()];
    expect(answers[1]).toEqual({ kind: "refused", reason: "busy", code: "900001" });
    await strict.close();
  });
});
