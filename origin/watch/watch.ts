/**
 * Looks, every few minutes, at what goes wrong without anybody asking: the refund wallet and our credit at the supplier
 * run low, and a purchase does not come to rest. A source that can't be read is said so, and no value is made up for it.
 */

import type { Address } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import { type PurchasePorts, StoreUnavailableError } from "../purchase/ports.ts";
import { begunAt, isFinished } from "../purchase/purchase.ts";

export type WatchPorts = Pick<
  PurchasePorts,
  "chain" | "networks" | "pool" | "refundSigner" | "store" | "supplier" | "now" | "log"
>;

/** Purchases that are looked at for the oldest one. */
const LOOKED_AT = 100;

/** Beyond the longest time for which a driver or the sweeper puts a purchase off. Milliseconds. */
const HORIZON_MS = 120_000;

/** Never throws for a source that is down: the others are still looked at. */
export async function watch(ports: WatchPorts): Promise<void> {
  await Promise.all([watchWallets(ports), watchSupplier(ports), watchQueue(ports), watchPool(ports)]);
}

async function watchWallets(ports: WatchPorts): Promise<void> {
  const wallet = await ports.refundSigner.address();
  if (!wallet.ok) return ports.log({ event: "watch_failed", source: "refund_signer", reason: wallet.reason });
  await Promise.all(ports.networks.map(({ chain }) => watchWallet(chain, wallet.value, ports)));
}

async function watchWallet(network: Network, wallet: Address, { chain, log }: WatchPorts): Promise<void> {
  const balance = await chain.usdcBalance(network, wallet);
  if (balance === undefined)
    return log({ event: "watch_failed", source: network.chain, reason: "unreachable" });
  log({ event: "refund_wallet_seen", chain: network.chain, balance: balance.toString() });
}

async function watchSupplier({ supplier, log }: WatchPorts): Promise<void> {
  const answer = await supplier.balance();
  switch (answer.kind) {
    case "ok":
      return log({ event: "supplier_balance_seen", balance: answer.balance.toString() });
    case "refused":
      return log({ event: "watch_failed", source: "supplier", reason: answer.reason });
    case "unknown":
      return log({ event: "watch_failed", source: "supplier", reason: answer.detail });
  }
}

async function watchQueue({ store, now, log }: WatchPorts): Promise<void> {
  try {
    // Not by when it is due: a refund that can't be paid is put off again and again, and never overdue.
    const open = await store.due(now() + HORIZON_MS, LOOKED_AT);
    const unfinished = open.filter((purchase) => !isFinished(purchase));
    const [oldest] = unfinished.toSorted((a, b) => begunAt(a) - begunAt(b));
    const seconds = oldest === undefined ? 0 : Math.max(0, Math.floor((now() - begunAt(oldest)) / 1_000));
    log({ event: "unfinished_seen", order: oldest?.id ?? null, seconds });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    log({ event: "watch_failed", source: "table", reason: error.name });
  }
}

async function watchPool({ pool, log }: WatchPorts): Promise<void> {
  try {
    for (const level of await pool.levels()) log({ event: "pool_level_seen", ...level });
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    log({ event: "watch_failed", source: "pool", reason: error.name });
  }
}
