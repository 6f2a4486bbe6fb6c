/** A refund that the wallet or its signer can't pay now waits, and is paid exactly once when they can. */

import { beforeEach, describe, expect, test } from "vitest";
import { drive } from "../../../origin/purchase/drive.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import { fail } from "../../../protocol/result.ts";
import { refundTransaction } from "../../builders/origin-chain.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { grantedPayment, purchaseIn } from "../../builders/origin-purchase.ts";
import { eventsIn, storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const REFUND_SECONDS = 120;
const { authorization: payment } = grantedPayment();

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
  world.store.overwrite({ ...purchaseIn("refund_due"), dueAt: START });
});

/** Works on the purchase for so long, as a request does. */
const work = (ms = 5_000): Promise<Purchase> =>
  drive(storedIn(world), world.ports, { deadline: world.clock.now() + ms });

function expectRefundedOnce(): void {
  expect(storedIn(world)).toMatchObject({
    state: "refunded",
    refund: { transaction: refundTransaction(0) },
  });
  expect(world.chain.refunds).toMatchObject([{ authorization: { to: payment.from, value: payment.value } }]);
}

describe("a wallet that is too low", () => {
  beforeEach(() => {
    world.chain.walletBalance = payment.value - 1n;
  });

  test("blocks the refund before anything is signed", async () => {
    expect(await work()).toMatchObject({ state: "refund_blocked", reason: "wallet_too_low" });
    expect(world.signer.signed).toEqual([]);
    expect(world.facilitator.requests).toEqual([]);
  });

  test("adds nothing to the ledger while it stays so", async () => {
    await work();
    const events = eventsIn(world);
    for (let sweeps = 0; sweeps < 5; sweeps++) await sweepOnce(world);
    expect(eventsIn(world)).toEqual(events);
    expect(events.filter((type) => type === "refund_blocked")).toHaveLength(1);
  });

  test("pays as soon as it is funded with exactly what is owed", async () => {
    await work();
    world.chain.walletBalance = payment.value;
    await sweepToRest(world);
    expectRefundedOnce();
    expect(world.chain.walletBalance).toBe(0n);
  });

  test("whose balance can't be read blocks nothing", async () => {
    world.chain.reachableAt = Number.POSITIVE_INFINITY;
    expect(await work()).toMatchObject({ state: "refund_due", reason: "out_of_stock" });
    expect(world.signer.signed).toEqual([]);
  });

  test("only when the refund is settled lets it lapse, blocks it, and pays once funded", async () => {
    world.chain.walletBalance = payment.value;
    const { facilitator, chain } = world;
    facilitator.onRefund = ({ payment: handedOver }) => {
      chain.walletBalance = 0n;
      facilitator.onRefund = (request) => chain.payRefund(request.payment);
      return chain.payRefund(handedOver);
    };
    await work(REFUND_SECONDS * 1_000 + 2_000);
    expect(storedIn(world)).toMatchObject({ state: "refund_blocked", reason: "wallet_too_low" });
    expect(chain.refunds).toEqual([]);
    chain.walletBalance = payment.value;
    await sweepToRest(world);
    expectRefundedOnce();
  });
});

describe("a signer", () => {
  test("that may work in a moment keeps the refund due, until it does", async () => {
    world.signer.fault = "retry_later";
    expect(await work()).toMatchObject({ state: "refund_due", reason: "out_of_stock" });
    world.signer.fault = null;
    await sweepToRest(world);
    expectRefundedOnce();
  });

  test.each([
    "disabled",
    "wrong_key",
  ] as const)("that is %s blocks the refund, until it is mended", async (fault) => {
    world.signer.fault = fault;
    expect(await work()).toMatchObject({ state: "refund_blocked", reason: fault });
    expect(world.facilitator.requests).toEqual([]);
    world.signer.fault = null;
    await sweepToRest(world);
    expectRefundedOnce();
  });

  test.each([
    ["retry_later", "refund_due"],
    ["disabled", "refund_blocked"],
  ] as const)("whose address is not to be had (%s) leaves the refund %s", async (fault, state) => {
    const refundSigner = { ...world.signer, address: async () => fail(fault) };
    const ports = { ...world.ports, refundSigner };
    expect(await drive(storedIn(world), ports, { deadline: START + 1_000 })).toMatchObject({ state });
    expect(world.signer.signed).toEqual([]);
  });
});
