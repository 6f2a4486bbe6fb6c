/** A watch says what it saw, and what it could not see; it makes no value up. */

import { beforeEach, describe, expect, test } from "vitest";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { originMetrics } from "../../../origin/telemetry/metrics.ts";
import { type WatchPorts, watch } from "../../../origin/watch/watch.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";
import { ORDER_ID, settledClaim } from "../../builders/origin-purchase.ts";

let world: OriginWorld;
beforeEach(() => {
  world = originWorld();
});

async function seen(changed: Partial<WatchPorts> = {}) {
  await watch({ ...world.ports, ...changed });
  return world.log;
}

test("reports the refund wallet of every chain, the supplier's credit, and that nothing is unfinished", async () => {
  world.chain.walletBalance = 7_500_000n;
  world.supplier.balanceAnswer = { kind: "ok", balance: 90_000n };
  const wallets = world.ports.networks.map(({ chain: { chain } }) => ({
    event: "refund_wallet_seen",
    chain,
    balance: "7500000",
  }));
  const log = await seen();
  expect(log).toHaveLength(wallets.length + 2);
  expect(log).toEqual(
    expect.arrayContaining([
      ...wallets,
      { event: "supplier_balance_seen", balance: "90000" },
      { event: "unfinished_seen", order: null, seconds: 0 },
    ]),
  );
  expect(log.flatMap(originMetrics)).toHaveLength(log.length);
});

test("names the oldest purchase that is not at rest, whenever it is due", async () => {
  const now = world.clock.now();
  world.store.overwrite(settledClaim({ createdAt: now - 121_500, dueAt: now + 50_000 }));
  const others = { createdAt: now - 3_000, dueAt: now - 3_000 };
  world.store.overwrite(settledClaim({ id: `ord_${"1".repeat(40)}`, ...others }));
  expect(await seen()).toContainEqual({ event: "unfinished_seen", order: ORDER_ID, seconds: 121 });
});

test("an order whose buyer has not chosen between two eSIMs is not unfinished", async () => {
  const claim = settledClaim({ createdAt: world.clock.now() - 3_600_000, dueAt: world.clock.now() });
  const choice = { kind: "open", until: world.clock.now() + 3_600_000 } as const;
  world.store.overwrite({ ...claim, state: "delivered", choice });
  expect(await world.store.due(world.clock.now(), 1)).toHaveLength(1);
  expect(await seen()).toContainEqual({ event: "unfinished_seen", order: null, seconds: 0 });
});

describe("a source that is down is said so, writes no gauge, and hides no other:", () => {
  const silent = async (changed: Partial<WatchPorts>, source: string, reason: string) => {
    const log = await seen(changed);
    const failed = log.filter(({ event }) => event === "watch_failed");
    expect(failed).toContainEqual({ event: "watch_failed", source, reason });
    expect(failed.flatMap(originMetrics)).toEqual([]);
    return log.map(({ event }) => event);
  };

  test("the chain", async () => {
    world.chain.reachableAt = Number.POSITIVE_INFINITY;
    const [network] = world.ports.networks;
    const events = await silent({}, network?.chain.chain ?? "", "unreachable");
    expect(events).not.toContain("refund_wallet_seen");
    expect(events).toEqual(expect.arrayContaining(["supplier_balance_seen", "unfinished_seen"]));
  });

  test("the refund wallet's key", async () => {
    const refundSigner = {
      ...world.signer,
      address: async () => ({ ok: false, reason: "disabled" }) as const,
    };
    const events = await silent({ refundSigner }, "refund_signer", "disabled");
    expect(events).not.toContain("refund_wallet_seen");
    expect(events).toEqual(expect.arrayContaining(["supplier_balance_seen", "unfinished_seen"]));
  });

  test.each([
    [{ kind: "refused", reason: "access_denied", code: "000101" } as const, "access_denied"],
    [{ kind: "unknown", detail: "timeout" } as const, "timeout"],
  ])("the supplier: %o", async (answer, reason) => {
    world.supplier.balanceAnswer = answer;
    const events = await silent({}, "supplier", reason);
    expect(events).not.toContain("supplier_balance_seen");
    expect(events).toEqual(expect.arrayContaining(["refund_wallet_seen", "unfinished_seen"]));
  });

  test("the table", async () => {
    const due = async () => {
      throw new StoreUnavailableError("about the secret hunter2");
    };
    const events = await silent({ store: { ...world.store, due } }, "table", "StoreUnavailableError");
    expect(events).not.toContain("unfinished_seen");
    expect(events).toEqual(expect.arrayContaining(["refund_wallet_seen", "supplier_balance_seen"]));
    expect(JSON.stringify(world.log)).not.toContain("hunter2");
  });
});
