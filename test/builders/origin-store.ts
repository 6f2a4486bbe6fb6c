/** The purchases' table in memory. It keeps items, not objects, so that nothing is shared that a real table would not. */

import { type Store, StoreUnavailableError } from "../../origin/purchase/ports.ts";
import type { Purchase } from "../../origin/purchase/purchase.ts";
import { fromItem, type Item, type Queue, toItem } from "../../origin/store/item.ts";

/**
 * What goes wrong with one write.
 *
 * - `unavailable`: nothing is written, and the caller hears of a fault.
 * - `answer_lost`: it is written, and the caller hears of a fault.
 * - `answer_lost_and_retried`: it is written, the answer is lost, and the SDK's own retry meets the written item.
 */
export type WriteFault = "unavailable" | "answer_lost" | "answer_lost_and_retried";

export interface MemoryStore extends Store {
  /** Faults of the next writes, first come first served. */
  readonly faults: { readonly claim: WriteFault[]; readonly save: WriteFault[] };
  readonly counts: { claims: number; saves: number };
  /** Every purchase there is. */
  all(): readonly Purchase[];
  /** Writes unconditionally, as somebody else would who was faster. */
  overwrite(purchase: Purchase): void;
  reachable: boolean;
}

export function memoryStore(): MemoryStore {
  const items = new Map<string, Item>();

  const keys = new Map<string, string>();
  const read = (id: string): Purchase | undefined => {
    const item = items.get(id);
    return item === undefined ? undefined : fromItem(item);
  };

  /** Applies `write` under a fault and tells whether its condition held, as the last attempt saw it. */
  const under = (fault: WriteFault | undefined, write: () => boolean): boolean => {
    if (fault === "unavailable") throw new StoreUnavailableError("unavailable");
    const held = write();
    if (fault === "answer_lost") throw new StoreUnavailableError("answer lost");
    return fault === "answer_lost_and_retried" ? write() : held;
  };

  /** As the index lists them: one queue, the earliest `dueAt` first. */
  const queued = (queue: Queue, now: number, limit: number): readonly Purchase[] =>
    [...items.values()]
      .filter((item) => item["queue"]?.S?.startsWith(`${queue}#`))
      .map(fromItem)
      .filter(({ dueAt }) => dueAt <= now)
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit);

  const store: MemoryStore = {
    faults: { claim: [], save: [] },
    counts: { claims: 0, saves: 0 },
    reachable: true,
    all: () => [...items.values()].map(fromItem),
    overwrite: (purchase) => items.set(purchase.id, toItem(purchase)),
    get: async (id) => read(id),
    async holdKey(key, orderId, from) {
      const holder = keys.get(key);
      if (holder === undefined || holder === from) keys.set(key, orderId);
      return keys.get(key) ?? orderId;
    },
    due: async (now, limit) => queued("work", now, limit),
    untold: async (now, limit) => queued("webhook", now, limit),
    unarchived: async (limit) => queued("archive", Number.MAX_SAFE_INTEGER, limit),
    isReachable: async () => store.reachable,

    async claim(purchase) {
      const claimed = under(store.faults.claim.shift(), () => {
        if (items.has(purchase.id)) return false;
        items.set(purchase.id, toItem(purchase));
        store.counts.claims += 1;
        return true;
      });
      const existing = read(purchase.id);
      return claimed || existing === undefined ? { kind: "claimed" } : { kind: "exists", purchase: existing };
    },

    async save(next) {
      const saved = under(store.faults.save.shift(), () => {
        if (read(next.id)?.version !== next.version - 1) return false;
        items.set(next.id, toItem(next));
        store.counts.saves += 1;
        return true;
      });
      return saved ? "saved" : "conflict";
    },
  };
  return store;
}
