import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Endpoint } from "../../../scripts/local/supplier/endpoints.ts";
import type { Fault } from "../../../scripts/local/supplier/faults.ts";
import type { SimulatedSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { clientOf, start, usOrder } from "./client.ts";

const HURRIED_MS = 250;
const PATIENT_MS = 5_000;
const LATE_MS = 10_000;

const unknown = (detail: string) => ({ kind: "unknown", detail });
const refused = (reason: string, code: string) => ({ kind: "refused", reason, code });
const lost = unknown("connection_failed");
const timeout = unknown("timeout");

/** For every fault: what the client must say, and whether the supplier did the work. */
const faults: readonly [string, Fault, object | "unharmed", boolean][] = [
  ["a short delay", { kind: "delay", ms: 5 }, "unharmed", true],
  ["a short delay of the answer", { kind: "delay_after", ms: 5 }, "unharmed", true],
  ["a delay beyond the deadline", { kind: "delay", ms: LATE_MS }, timeout, false],
  ["an answer beyond the deadline", { kind: "delay_after", ms: LATE_MS }, timeout, true],
  ["no answer", { kind: "hang" }, timeout, false],
  ["a reset", { kind: "reset_before" }, lost, false],
  ["a reset after the work", { kind: "reset_after" }, lost, true],
  ["a 502 page", { kind: "status_before", status: 502 }, unknown("http_502"), false],
  ["a 503 page after the work", { kind: "status_after", status: 503 }, unknown("http_503"), true],
  ["a 403 page", { kind: "status_before", status: 403 }, unknown("http_403"), false],
  ["garbage", { kind: "garbage" }, unknown("not_json"), true],
  ["a server error", { kind: "error", code: "000001" }, refused("server_error", "000001"), false],
  ["a busy server", { kind: "error", code: "900001" }, refused("busy", "900001"), false],
  ["an unheard-of error", { kind: "error", code: "999999" }, refused("unrecognized", "999999"), false],
  ["an empty shelf", { kind: "out_of_stock" }, refused("out_of_stock", "200011"), false],
];

let supplier: SimulatedSupplier;
beforeEach(async () => {
  supplier = await start();
});
afterEach(() => supplier.close());

/** In a hurry only where the deadline is what the test is about. */
const clientThatExpects = (expected: object | "unharmed") =>
  clientOf(supplier.url, { deadlineMs: expected === timeout ? HURRIED_MS : PATIENT_MS });
const spoil = (endpoint: Endpoint, fault: Fault) => supplier.faults.add(endpoint, fault);

describe("an order that meets", () => {
  test.each(
    faults,
  )("%s gets its value, and a retry buys no second one", async (_name, fault, expected, worked) => {
    spoil("esim/order", fault);
    const first = await clientThatExpects(expected).order(usOrder);
    if (expected === "unharmed") expect(first.kind).toBe("ordered");
    else expect(first).toEqual(expected);
    expect(supplier.orders).toHaveLength(worked ? 1 : 0);

    const second = await clientOf(supplier.url).order(usOrder);
    expect(second).toEqual({ kind: "ordered", orderNo: supplier.orders[0]?.orderNo });
    expect(supplier.orders).toHaveLength(1);
    expect(supplier.balance()).toBe(1_000_000_000n - 9_000n);
  });
});

describe("a query that meets", () => {
  test.each(faults)("%s gets its value, and the next one the profile", async (_name, fault, expected) => {
    await clientOf(supplier.url).order(usOrder);
    const orderNo = supplier.orders[0]?.orderNo ?? "";
    spoil("esim/query", fault);
    const first = await clientThatExpects(expected).profiles(orderNo);
    if (expected === "unharmed") expect(first.kind).toBe("ready");
    else expect(first).toEqual(expected);
    expect(await clientOf(supplier.url).profiles(orderNo)).toMatchObject({ kind: "ready" });
  });

  test("a fault on its second page is not half an answer", async () => {
    const paged = await start({ maxPageSize: 5 });
    await clientOf(paged.url).order({ ...usOrder, count: 10 });
    paged.faults.add("esim/query", { kind: "delay", ms: 1 });
    paged.faults.add("esim/query", { kind: "reset_after" });
    expect(await clientOf(paged.url).profiles(paged.orders[0]?.orderNo ?? "")).toEqual(lost);
    await paged.close();
  });
});

describe("the other calls", () => {
  test.each(faults)("that meet %s never throw", async (_name, fault, expected) => {
    spoil("balance/query", fault);
    spoil("package/list", fault);
    spoil("esim/cancel", fault);
    const client = clientThatExpects(expected);
    const answers = await Promise.all([client.balance(), client.packages({}), client.cancel("1")]);
    for (const answer of answers) expect(["ok", "refused", "unknown"]).toContain(answer.kind);
  });

  test("a supplier that is not there is unknown", async () => {
    const { url } = supplier;
    await supplier.close();
    expect(await clientOf(url).order(usOrder)).toEqual(lost);
    supplier = await start();
  });
});
