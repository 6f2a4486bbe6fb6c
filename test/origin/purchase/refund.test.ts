/** Money that can't be earned goes back exactly once, whatever the facilitator and the chain say and do. */

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { drive } from "../../../origin/purchase/drive.ts";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import type { Purchase } from "../../../origin/purchase/purchase.ts";
import { refundNonce } from "../../../origin/purchase/refund.ts";
import { usdc } from "../../../protocol/money.ts";
import type { SettleOutcome } from "../../../protocol/settlement.ts";
import { refundTransaction } from "../../builders/origin-chain.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { applied, grantedPayment, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { REFUND_WALLET } from "../../builders/origin-signer.ts";
import { eventsIn, storedIn, sweepToRest } from "../../builders/origin-sweep.ts";
import { NOW } from "../../builders/payment.ts";

const START = NOW * 1_000;
const REFUND_SECONDS = 120;
const NEVER = Number.POSITIVE_INFINITY;
const { authorization: payment } = grantedPayment();

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
  world.store.overwrite({ ...purchaseIn("refund_due"), dueAt: START });
});

/** Works on the purchase for so long, as a request does. */
const work = (ms = 5_000): Promise<Purchase> =>
  drive(storedIn(world), world.ports, { deadline: world.clock.now() + ms });

/** The refunds that are in a block. */
const landed = () => world.chain.refunds.filter(({ landsAt }) => landsAt <= world.clock.now());

function expectRefundedOnce(amount: bigint = payment.value): void {
  expect(storedIn(world)).toMatchObject({ state: "refunded", delivery: null });
  expect(landed().map(({ authorization }) => authorization)).toEqual([
    expect.objectContaining({ from: REFUND_WALLET, to: payment.from, value: amount }),
  ]);
  expect(storedIn(world).refund?.transaction).toBe(landed()[0]?.transaction);
}

describe("a refund's nonce", () => {
  const anyRefund = fc.tuple(fc.string(), fc.integer({ min: 1 }));

  test("is another one for another order or another number", () => {
    fc.assert(
      fc.property(anyRefund, anyRefund, ([order, number], [otherOrder, otherNumber]) => {
        const same = order === otherOrder && number === otherNumber;
        expect(refundNonce(order, number) === refundNonce(otherOrder, otherNumber)).toBe(same);
      }),
    );
    const nonces = ["ord_1", "ord_11"].flatMap((order) => [1, 11, 111].map((n) => refundNonce(order, n)));
    expect(new Set(nonces).size).toBe(6);
  });

  test("is 32 bytes, and the same whenever it is computed", () => {
    expect(refundNonce(ORDER_ID, 1)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(refundNonce(ORDER_ID, 1)).toBe(refundNonce(ORDER_ID, 1));
  });
});

describe("a refund that is due", () => {
  test("is signed, paid to the payer, and confirmed by the chain", async () => {
    expect(await work()).toEqual(storedIn(world));
    expectRefundedOnce();
    expect(world.chain.refunds).toMatchObject([
      {
        authorization: {
          validAfter: 0n,
          validBefore: BigInt(NOW + REFUND_SECONDS),
          nonce: refundNonce(ORDER_ID, 1),
        },
      },
    ]);
    expect(eventsIn(world).slice(-3)).toEqual(["failed", "refund_signed", "refunded"]);
    expect(world.log).toContainEqual({
      event: "refund_submitted",
      order: ORDER_ID,
      outcome: "settled",
      transaction: expect.stringMatching(/^0x/),
    });
  });

  test("is recorded with its signature before the facilitator hears of it", async () => {
    const { facilitator, chain, store } = world;
    const recorded: unknown[] = [];
    facilitator.onRefund = ({ payment: handedOver }) => {
      const { authorization, signature } = handedOver;
      recorded.push(store.all().map(({ state, refund }) => ({ state, signed: refund?.signed })));
      expect(recorded).toEqual([[{ state: "refunding", signed: { authorization, signature } }]]);
      return chain.payRefund(handedOver);
    };
    await work();
    expect(recorded).toHaveLength(1);
    expectRefundedOnce();
  });

  test.each([
    "unavailable",
    "answer_lost",
  ] as const)("is not broadcast where recording it is %s", async (fault) => {
    world.store.faults.save.push(fault);
    await expect(work()).rejects.toThrow(StoreUnavailableError);
    expect(world.facilitator.requests).toEqual([]);
    await sweepToRest(world);
    expectRefundedOnce();
  });

  test("may be a part of the price", async () => {
    const amount = usdc(1_200_001n);
    const part = applied(
      purchaseIn("settled"),
      { type: "failed", reason: "x", orderMayExist: false, amount },
      START,
      START,
    );
    world.store.overwrite(part);
    await work();
    expectRefundedOnce(amount);
    expect(world.facilitator.requests.map(({ terms }) => terms.price)).toEqual([amount]);
    expect(storedIn(world).ledger.map(({ event }) => JSON.parse(event))).toContainEqual(
      expect.objectContaining({ type: "failed", amount: "1200001" }),
    );
  });

  test("is logged without its signature", async () => {
    await work();
    const signature = storedIn(world).refund?.signed?.signature ?? "";
    expect(signature).toMatch(/^0x[0-9a-f]{130}$/);
    const ledger = storedIn(world).ledger.map(({ event }) => event);
    expect(JSON.stringify([world.log, ledger])).not.toContain(signature.slice(2));
  });
});

describe("a refund that is signed", () => {
  test("is not refunded because the facilitator says so, only once the chain shows it", async () => {
    world.chain.refundDelayMs = 30_000;
    expect(await work()).toMatchObject({ state: "refunding", refund: { transaction: null } });
    world.clock.advanceTo(START + 30_000);
    expect(await work()).toMatchObject({ refund: { transaction: refundTransaction(0) } });
    expectRefundedOnce();
  });

  const verdicts: readonly SettleOutcome[] = [
    { kind: "unknown", fault: "timeout" },
    { kind: "unknown", fault: "status_502" },
    { kind: "rejected", reason: "insufficient_funds" },
    { kind: "rejected", reason: "invalid_signature" },
    { kind: "spent" },
  ];

  test.each(
    verdicts,
  )("is refunded once it landed, though the facilitator says $kind $reason", async (verdict) => {
    const { facilitator, chain } = world;
    facilitator.onRefund = ({ payment: handedOver }) => {
      chain.payRefund(handedOver);
      return verdict;
    };
    await work();
    expectRefundedOnce();
    expect(world.signer.signed).toHaveLength(1);
  });

  test.each(verdicts)("is not given up because the facilitator says $kind $reason", async (verdict) => {
    const { facilitator, chain } = world;
    facilitator.onRefund = () => verdict;
    expect(await work()).toMatchObject({ state: "refunding" });
    facilitator.onRefund = ({ payment: handedOver }) => chain.payRefund(handedOver);
    await work();
    expectRefundedOnce();
    expect(world.signer.signed).toHaveLength(1);
  });

  test("stays so while the chain can't be reached, and nothing is signed again", async () => {
    world.chain.refundDelayMs = 1_000;
    await drive(storedIn(world), world.ports, { deadline: START + 500 });
    world.chain.reachableAt = START + 3_600_000;
    expect(await work(1_800_000)).toMatchObject({ state: "refunding" });
    expect(world.signer.signed).toHaveLength(1);
    world.clock.advanceTo(START + 3_600_000);
    await work();
    expectRefundedOnce();
  });

  test("whose transaction can't be found yet is not refunded yet", async () => {
    const { chain } = world;
    const blind = { ...chain, findSettlement: async () => ({ kind: "not_found" }) as const };
    const ports = { ...world.ports, chain: blind };
    const purchase = await drive(storedIn(world), ports, { deadline: START + 300_000 });
    expect(purchase).toMatchObject({ state: "refunding", refund: { transaction: null } });
    expect(world.chain.refunds).toHaveLength(1);
    await work();
    expectRefundedOnce();
  });
});

describe("a refund that lapses", () => {
  beforeEach(() => {
    world.chain.refundDelayMs = NEVER;
  });

  test("is signed again with the same nonce, and paid once", async () => {
    await work(REFUND_SECONDS * 1_000 + 2_000);
    const [first, second, ...others] = world.signer.signed;
    expect(others).toEqual([]);
    expect(second).toEqual({ ...first, validBefore: expect.any(BigInt) });
    expect(second?.validBefore).toBeGreaterThan(first?.validBefore ?? 0n);
    expect(eventsIn(world).slice(-3)).toEqual(["refund_signed", "refund_lapsed", "refund_signed"]);
    world.chain.refundDelayMs = 0;
    await sweepToRest(world);
    expectRefundedOnce();
  });

  test("is not signed again a second before the chain's time has passed it", async () => {
    await work(REFUND_SECONDS * 1_000 - 1);
    expect(storedIn(world).state).toBe("refunding");
    expect(world.signer.signed).toHaveLength(1);
  });

  test("is judged by the chain's clock, not by ours", async () => {
    const lagging = { kind: "unused", blockTime: BigInt(NOW + REFUND_SECONDS - 1) } as const;
    const chain = { ...world.chain, authorizationState: async () => lagging };
    const deadline = START + 600_000;
    const purchase = await drive(storedIn(world), { ...world.ports, chain }, { deadline });
    expect(purchase.state).toBe("refunding");
    expect(world.signer.signed).toHaveLength(1);
  });
});

test("ten processes at once pay a refund once", async () => {
  await Promise.all(Array.from({ length: 10 }, () => work(20_000)));
  expectRefundedOnce();
  expect(eventsIn(world).filter((type) => type === "refunded")).toHaveLength(1);
});
