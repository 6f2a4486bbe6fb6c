/** Ports with spans around them do what they did before, and tell of it without a secret. */

import { beforeEach, describe, expect, test } from "vitest";
import { buy } from "../../../origin/purchase/buy.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import {
  tracedChain,
  tracedFacilitator,
  tracedLifecycle,
  tracedStore,
  tracedSupplier,
} from "../../../origin/telemetry/ports.ts";
import { type Call, createTelemetry, type Telemetry } from "../../../origin/telemetry/telemetry.ts";
import { ACTIVATION_CODE, type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import {
  grantedPayment,
  ORDER_ID,
  purchaseIn,
  purchaseRequest,
  SIGNATURE,
  UNKNOWN,
} from "../../builders/origin-purchase.ts";
import { sweepToRest } from "../../builders/origin-sweep.ts";

interface Recorded {
  readonly call: string;
  readonly attributes: object;
  readonly outcome: string;
}

let world: OriginWorld;
let calls: Recorded[];
let ports: PurchasePorts;
beforeEach(() => {
  world = originWorld();
  calls = [];
  const recording: Telemetry = {
    ...createTelemetry({ service: "test" }),
    async call<Answer>({ to, what, attributes, outcome }: Call<Answer>, work: () => Promise<Answer>) {
      const answer = await work();
      calls.push({ call: `${to} ${what}`, attributes, outcome: outcome(answer) });
      return answer;
    },
  };
  const { store, chain, facilitator, supplier, lifecycle, networks, log } = world.ports;
  const isPayTo = (network: unknown, address: string) =>
    networks.some((accepted) => accepted.chain === network && accepted.payTo === address);
  ports = {
    ...world.ports,
    store: tracedStore(store, recording),
    chain: tracedChain(chain, recording),
    facilitator: tracedFacilitator(facilitator, recording, isPayTo, log),
    supplier: tracedSupplier(supplier, recording),
    lifecycle: tracedLifecycle(lifecycle, recording),
  };
});

const buyOnce = (payment: Parameters<typeof purchaseRequest>[0]) => buy(purchaseRequest(payment), ports);

describe("a purchase", () => {
  test("goes as it did, and each call tells its order or chain, and its outcome", async () => {
    expect(await buyOnce({})).toMatchObject({ kind: "owned", purchase: { state: "delivered" } });
    expect(calls).toContainEqual({
      call: "table claim",
      attributes: { "edge402.order": ORDER_ID, "edge402.chain": "base" },
      outcome: "claimed",
    });
    expect(calls).toContainEqual({
      call: "supplier order",
      attributes: { "edge402.order": ORDER_ID },
      outcome: "ordered",
    });
    expect(calls).toContainEqual({
      call: "table save",
      attributes: { "edge402.order": ORDER_ID, "edge402.state": "delivered" },
      outcome: "saved",
    });
  });

  test("that fails at the supplier tells the supplier's reason in our own words", async () => {
    world.supplier.orderAnswers.push(
      { kind: "unknown", detail: "timeout" },
      { kind: "refused", reason: "out_of_stock", code: "200011" },
    );
    await buyOnce({});
    const outcomes = calls.filter(({ call }) => call === "supplier order").map(({ outcome }) => outcome);
    expect(outcomes).toEqual(["unknown: timeout", "refused: out_of_stock"]);
  });

  test("that has to be settled is in the log before the facilitator is asked, and tells no signature", async () => {
    const logged: string[] = [];
    const { onSettle } = world.facilitator;
    world.facilitator.onSettle = (request) => {
      logged.push(...world.log.map(({ event }) => event));
      return onSettle(request);
    };
    await buyOnce({ settlement: UNKNOWN });
    expect(logged.at(-1)).toBe("settlement_submitted");
    expect(world.log).toContainEqual({
      event: "settlement_submitted",
      order: ORDER_ID,
      chain: grantedPayment().network.chain,
    });
    expect(calls).toContainEqual(expect.objectContaining({ call: "facilitator settle", outcome: "settled" }));
    const text = JSON.stringify(calls);
    for (const secret of [SIGNATURE, ACTIVATION_CODE]) expect(text).not.toContain(secret);
  });
});

test("what is done with an eSIM that was sold is told by its name and outcome, and not which eSIM it is", async () => {
  const { lifecycle } = ports;
  await lifecycle.suspend("tran-1");
  await lifecycle.suspend("tran-1");
  await lifecycle.resume("tran-1");
  expect(await lifecycle.profileOf({ esimTranNo: "tran-1" })).toMatchObject({ kind: "found" });
  await lifecycle.usage(["tran-1"]);
  await lifecycle.topUp({ esimTranNo: "tran-1", packageCode: "T", transactionId: "top-1", price: 1n });
  await lifecycle.saveWebhook("https://shop.example.com/secret");
  await lifecycle.revoke("tran-1");
  expect(calls.map(({ call, outcome }) => [call, outcome])).toEqual([
    ["supplier suspend", "suspended"],
    ["supplier suspend", "refused: wrong_status"],
    ["supplier resume", "resumed"],
    ["supplier profile", "found"],
    ["supplier usage", "ok"],
    ["supplier top up", "topped_up"],
    ["supplier save webhook", "saved"],
    ["supplier revoke", "revoked"],
  ]);
  expect(JSON.stringify(calls)).not.toMatch(/tran-1|secret|LPA:/);
});

test("a refund is told apart from a payment: it is the order of no payment", async () => {
  world.store.overwrite(purchaseIn("refund_due", { dueAt: 0 }));
  await sweepToRest(world, ports);
  expect(world.store.all()[0]?.state).toBe("refunded");
  expect(calls).toContainEqual({
    call: "facilitator refund",
    attributes: { "edge402.chain": "base" },
    outcome: "settled",
  });
  expect(world.log.map(({ event }) => event)).not.toContain("settlement_submitted");
});
