import { createServer } from "node:http";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { DAY_MS } from "../../../scripts/local/supplier/profiles.ts";
import {
  type SimulatedSupplier,
  type SupplierOptions,
  startSupplier,
} from "../../../scripts/local/supplier/supplier.ts";
import { ACCESS_CODE, buy, call, codeOf, usOrder } from "./api.ts";

const START = Date.UTC(2026, 10, 3, 10);
const GIBIBYTE = 1_073_741_824n;

const notification = v.strictObject({
  notifyType: v.string(),
  notifyId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  eventGenerateTime: v.string(),
  content: v.record(v.string(), v.unknown()),
});
type Notification = v.InferOutput<typeof notification>;

let now = START;
let hook: Listening;
let hookStatus: number;
let received: Notification[];
let supplier: SimulatedSupplier;

const start = (options: Partial<SupplierOptions> = {}) =>
  startSupplier({ accessCode: ACCESS_CODE, allocationDelayMs: 0, now: () => now, ...options });

const save = (at = supplier) => codeOf(at, "webhook/save", { webhook: `${hook.url}/secret-path` });

beforeEach(async () => {
  now = START;
  hookStatus = 200;
  received = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    received.push(v.parse(notification, JSON.parse(body)));
    response.writeHead(hookStatus).end();
  });
  hook = await listen(server, "a webhook");
  supplier = await start();
});
afterEach(async () => {
  await supplier.close();
  await hook.close();
});

/** What came since the last look. */
async function news(): Promise<readonly (readonly [string, object])[]> {
  await supplier.webhooks.idle();
  return received.splice(0).map(({ notifyType, content }) => [notifyType, content]);
}

describe("saving a webhook", () => {
  test("calls it once, and keeps it when it answers", async () => {
    expect(await save()).toBe("0");
    expect(await news()).toEqual([["CHECK_HEALTH", {}]]);
    expect((await call(supplier, "webhook/query", {})).obj).toEqual({ webhook: `${hook.url}/secret-path` });
  });

  test("refuses one that does not answer well, or is on another machine", async () => {
    hookStatus = 404;
    expect(await save()).toBe("000106");
    for (const webhook of ["http://127.0.0.1:9/", "https://example.com/", "x"]) {
      expect(await codeOf(supplier, "webhook/save", { webhook })).toBe("000106");
    }
    expect((await call(supplier, "webhook/query", {})).obj).toEqual({ webhook: "" });
  });

  test("tells nothing of what was before", async () => {
    supplier.install(await buy(supplier));
    await save();
    supplier.tick();
    expect(await news()).toEqual([["CHECK_HEALTH", {}]]);
  });
});

describe("a webhook is told", () => {
  let esimTranNo: string;
  beforeEach(async () => {
    await save();
    esimTranNo = await buy(supplier);
  });

  test("of an order that has its profiles, without naming them", async () => {
    const [, [type, content] = []] = await news();
    const { orderNo } = supplier.orders[0] ?? {};
    expect([type, content]).toEqual([
      "ORDER_STATUS",
      { orderNo, transactionId: usOrder.transactionId, orderStatus: "GOT_RESOURCE" },
    ]);
  });

  test("of each step that a phone takes, and of the plan's beginning", async () => {
    await news();
    supplier.moveAtSmdp(esimTranNo, "DOWNLOAD");
    supplier.moveAtSmdp(esimTranNo, "INSTALLATION");
    supplier.moveAtSmdp(esimTranNo, "ENABLED");
    supplier.connect(esimTranNo);
    expect(await news()).toMatchObject([
      ["SMDP_EVENT", { esimTranNo, smdpStatus: "DOWNLOAD", esimStatus: "GOT_RESOURCE" }],
      ["SMDP_EVENT", { smdpStatus: "INSTALLATION" }],
      ["SMDP_EVENT", { smdpStatus: "ENABLED" }],
      ["ESIM_STATUS", { esimTranNo, esimStatus: "IN_USE" }],
    ]);
  });

  test("of data that runs out, at half, a fifth and a tenth, and again after a top-up", async () => {
    supplier.install(esimTranNo);
    await news();
    supplier.consume(esimTranNo, GIBIBYTE / 2n - 1n);
    expect(await news()).toEqual([]);
    supplier.consume(esimTranNo, 1n);
    supplier.consume(esimTranNo, GIBIBYTE / 2n);
    const remain = Number(GIBIBYTE / 2n);
    expect(await news()).toMatchObject([
      ["DATA_USAGE", { esimTranNo, orderUsage: remain, remain, remainThreshold: 0.5 }],
      ["ESIM_STATUS", { esimStatus: "USED_UP" }],
      ["DATA_USAGE", { totalVolume: Number(GIBIBYTE), remain: 0, remainThreshold: 0.1 }],
    ]);
    const topUp = { esimTranNo, packageCode: "TOPUP_CKH802", transactionId: "topup-1" };
    expect(await codeOf(supplier, "esim/topup", topUp)).toBe("0");
    supplier.consume(esimTranNo, (GIBIBYTE * 3n) / 5n + 1n);
    expect(await news()).toMatchObject([
      ["ESIM_STATUS", { esimStatus: "IN_USE" }],
      ["DATA_USAGE", { totalVolume: 2 * Number(GIBIBYTE), remainThreshold: 0.2 }],
    ]);
  });

  test("of a plan's last day, and of its end", async () => {
    supplier.install(esimTranNo);
    await news();
    now += 6 * DAY_MS;
    supplier.tick();
    supplier.tick();
    expect(await news()).toMatchObject([
      ["VALIDITY_USAGE", { esimTranNo, remain: 1, expiredTime: "2026-11-10T10:00:00+0000" }],
    ]);
    now += DAY_MS;
    supplier.tick();
    expect(await news()).toMatchObject([["ESIM_STATUS", { esimStatus: "USED_EXPIRED" }]]);
  });

  test("of what an API call changed", async () => {
    await news();
    for (const action of ["suspend", "unsuspend", "cancel"]) {
      await codeOf(supplier, `esim/${action}`, { esimTranNo });
    }
    expect((await news()).map(([, content]) => content)).toMatchObject(
      ["SUSPENDED", "GOT_RESOURCE", "CANCEL"].map((esimStatus) => ({ esimStatus })),
    );
  });

  test("the same thing twice under the same id, where a test wants that", async () => {
    await supplier.webhooks.idle();
    received.splice(0);
    supplier.webhooks.repeat(3);
    supplier.moveAtSmdp(esimTranNo, "DOWNLOAD");
    await supplier.webhooks.idle();
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ notifyId }) => notifyId)).size).toBe(1);
  });

  test("once, even when it fails, and the simulator goes on", async () => {
    await news();
    hookStatus = 500;
    supplier.moveAtSmdp(esimTranNo, "DOWNLOAD");
    await supplier.webhooks.idle();
    expect(received).toHaveLength(1);
    expect(supplier.webhooks.sent.at(-1)).toMatchObject({ status: 500 });
    await hook.close();
    supplier.moveAtSmdp(esimTranNo, "INSTALLATION");
    await supplier.webhooks.idle();
    expect(supplier.webhooks.sent.at(-1)).toMatchObject({ status: null });
  });
});

test("an order is told of when its profiles are there, without another request", async () => {
  const slow = await start({ allocationDelayMs: 60, now: Date.now });
  await save(slow);
  await call(slow, "esim/order", usOrder);
  expect(received.map(({ notifyType }) => notifyType)).toEqual(["CHECK_HEALTH"]);
  while (received.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(received[1]?.notifyType).toBe("ORDER_STATUS");
  await slow.close();
});
