import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CIRCUIT, type Circuit, createCircuit } from "../../../origin/supplier/circuit.ts";
import type { Opened } from "../../../origin/supplier/envelope.ts";
import { LOCAL_CODE } from "../../../origin/supplier/errors.ts";
import type { SimulatedSupplier } from "../../../scripts/local/supplier/supplier.ts";
import { clientOf, start, usOrder } from "./client.ts";

const OK: Opened = { kind: "ok", obj: {} };
const LOST: Opened = { kind: "unknown", detail: "timeout" };
const SERVER_ERROR: Opened = { kind: "refused", reason: "server_error", code: "000001" };
const SOLD_OUT: Opened = { kind: "refused", reason: "out_of_stock", code: "200011" };
const UNSENT: Opened = { kind: "refused", reason: "busy", code: LOCAL_CODE };
const OPEN: Opened = { kind: "unknown", detail: "circuit_open" };

let now: number;
let circuit: Circuit;
beforeEach(() => {
  now = 1_793_700_000_000;
  circuit = createCircuit(CIRCUIT, () => now);
});

const run = (answer: Opened) => circuit.run(async () => answer);

async function fail(times: number, answer = LOST): Promise<void> {
  for (let n = 0; n < times; n++) expect(await run(answer)).toBe(answer);
}

describe("the circuit", () => {
  test.each([
    ["lost answers", LOST],
    ["server errors", SERVER_ERROR],
  ])("opens after five %s in a row", async (_what, answer) => {
    await fail(CIRCUIT.failures, answer);
    expect(await run(OK)).toEqual(OPEN);
  });

  test.each([
    ["success", OK],
    ["refusal", SOLD_OUT],
  ])("does not open where a %s came in between: the supplier is there", async (_what, answer) => {
    await fail(CIRCUIT.failures - 1);
    await run(answer);
    await fail(CIRCUIT.failures - 1);
    expect(await run(OK)).toBe(OK);
  });

  test("takes a call that never left for neither good nor bad", async () => {
    await fail(CIRCUIT.failures - 1);
    await fail(10, UNSENT);
    expect(await run(LOST)).toBe(LOST);
    expect(await run(OK)).toEqual(OPEN);
  });

  test("does no work while it is open", async () => {
    await fail(CIRCUIT.failures);
    now += CIRCUIT.openMs - 1;
    let worked = false;
    const answer = await circuit.run(async () => {
      worked = true;
      return OK;
    });
    expect([answer, worked]).toEqual([OPEN, false]);
  });

  test("lets one call through after its time, and closes when that one is answered", async () => {
    await fail(CIRCUIT.failures);
    now += CIRCUIT.openMs;
    let answerProbe: (answer: Opened) => void = () => undefined;
    const probe = circuit.run(() => new Promise((resolve) => (answerProbe = resolve)));
    expect(await run(OK)).toEqual(OPEN);
    answerProbe(SOLD_OUT);
    expect(await probe).toBe(SOLD_OUT);
    expect(await run(OK)).toBe(OK);
  });

  test.each([
    ["fails", LOST],
    ["never leaves", UNSENT],
  ])("stays open for another while when that one %s", async (_how, answer) => {
    await fail(CIRCUIT.failures);
    now += CIRCUIT.openMs;
    expect(await run(answer)).toBe(answer);
    expect(await run(OK)).toEqual(OPEN);
    now += CIRCUIT.openMs;
    expect(await run(OK)).toBe(OK);
  });

  test("is not stuck half open by a fault of our own", async () => {
    await fail(CIRCUIT.failures);
    now += CIRCUIT.openMs;
    await expect(circuit.run(() => Promise.reject(new Error("ours")))).rejects.toThrow("ours");
    now += CIRCUIT.openMs;
    expect(await run(OK)).toBe(OK);
  });

  test("ignores the late answer of a call that began before it opened", async () => {
    let answerLate: (answer: Opened) => void = () => undefined;
    const late = circuit.run(() => new Promise((resolve) => (answerLate = resolve)));
    await fail(CIRCUIT.failures);
    answerLate(OK);
    await late;
    expect(await run(OK)).toEqual(OPEN);
  });

  test("does not stay open for as long as a clock was set back", async () => {
    await fail(CIRCUIT.failures);
    now -= 3_600_000;
    expect(await run(OK)).toBe(OK);
  });
});

describe("around the supplier", () => {
  let supplier: SimulatedSupplier;
  beforeEach(async () => {
    supplier = await start({ now: () => now });
  });
  afterEach(() => supplier.close());

  test("an order whose answers are all lost is asked for again after the circuit has closed, and is bought once", async () => {
    const client = clientOf(supplier.url, { now: () => now });
    supplier.faults.add("esim/order", { kind: "reset_after" }, CIRCUIT.failures);
    for (let n = 0; n < CIRCUIT.failures; n++) {
      expect(await client.order(usOrder)).toEqual({ kind: "unknown", detail: "connection_failed" });
    }
    // `unknown`, never a refusal: there is an order, and who takes it for refused would leave it to be paid for.
    expect(await client.order(usOrder)).toEqual({ kind: "unknown", detail: "circuit_open" });
    expect(await client.cancel("1")).toEqual({ kind: "unknown", detail: "circuit_open" });
    expect(supplier.calls).toHaveLength(CIRCUIT.failures);

    now += CIRCUIT.openMs;
    expect(await client.order(usOrder)).toEqual({ kind: "ordered", orderNo: supplier.orders[0]?.orderNo });
    expect(supplier.orders).toHaveLength(1);
    expect(supplier.balance()).toBe(1_000_000_000n - usOrder.unitPrice);
    expect(await client.balance()).toMatchObject({ kind: "ok" });
  });

  test("a supplier that hangs costs five deadlines, and no more until it is tried again", async () => {
    const deadlineMs = 60;
    const client = clientOf(supplier.url, { deadlineMs });
    supplier.faults.add("balance/query", { kind: "hang" }, 100);
    await Promise.all(Array.from({ length: CIRCUIT.failures }, () => client.balance()));
    const startedAt = performance.now();
    for (let n = 0; n < 20; n++) await client.balance();
    expect(performance.now() - startedAt).toBeLessThan(deadlineMs);
    expect(supplier.calls).toHaveLength(CIRCUIT.failures);
  });
});
