/** What the pool needs from outside: its items in the table, the purchases that took from it, and the supplier. */

import type { OriginLogEvent } from "../log.ts";
import type { Store } from "../purchase/ports.ts";
import type { Supplier } from "../supplier/port.ts";
import type { PooledPlan, PoolHead, Slot } from "./slot.ts";

/** `eventual` costs half a read unit and may be a moment old; `consistent` costs one. */
export type Reading = "eventual" | "consistent";

/** Every method throws StoreUnavailableError; reading throws StoreUnreadableError on an item that is not ours. */
export interface PoolStore {
  /** A slot that was never written is empty, in version 0. */
  slot(plan: string, number: number, reading: Reading): Promise<Slot>;
  /** Replaces version `next.version - 1`. `conflict`: somebody else was faster, or the write's first try was this one. */
  saveSlot(plan: string, next: Slot): Promise<"saved" | "conflict">;
  head(plan: string): Promise<PoolHead>;
  saveHead(plan: string, next: PoolHead): Promise<"saved" | "conflict">;
}

export interface PoolPorts {
  readonly plans: readonly PooledPlan[];
  readonly store: PoolStore;
  readonly purchases: Pick<Store, "get">;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: (event: OriginLogEvent) => void;
}

export interface TendPorts extends PoolPorts {
  readonly supplier: Supplier;
  readonly sleep: (ms: number) => Promise<void>;
  readonly randomId: () => string;
}
