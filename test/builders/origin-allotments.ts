/** Allotments in memory, under the conditions that the table has for them. */

import type { Allotment } from "../../origin/allotment/allotment.ts";
import type { AllotmentStore } from "../../origin/allotment/ports.ts";
import { StoreUnavailableError } from "../../origin/purchase/ports.ts";

export interface MemoryAllotments extends AllotmentStore {
  /** Methods that fail at their next call, before they have done anything. */
  readonly faults: Set<keyof AllotmentStore>;
  /** The orders of those that stand in the index. */
  queued(): readonly string[];
}

export function memoryAllotments(): MemoryAllotments {
  const items = new Map<string, Allotment>();
  const dueAt = new Map<string, number>();
  const faults = new Set<keyof AllotmentStore>();

  const failing = (method: keyof AllotmentStore) => {
    if (faults.delete(method)) throw new StoreUnavailableError("unavailable");
  };
  const there = (orderId: string): Allotment => {
    const item = items.get(orderId);
    if (item === undefined) throw new StoreUnavailableError("an allotment is not there");
    return item;
  };

  return {
    faults,
    queued: () => [...dueAt.keys()],
    async open(orderId, expiresAt) {
      failing("open");
      if (items.has(orderId)) return;
      items.set(orderId, { expiresAt, draws: [], closedAt: null });
      dueAt.set(orderId, expiresAt);
    },
    async get(orderId) {
      failing("get");
      return items.get(orderId);
    },
    async draw(orderId, draw, limit) {
      failing("draw");
      const item = there(orderId);
      const { draws, closedAt, expiresAt } = item;
      const isNew = draws.every(({ deviceId }) => deviceId !== draw.deviceId);
      const added = closedAt === null && expiresAt > draw.at && draws.length < limit && isNew;
      if (added) items.set(orderId, { ...item, draws: [...draws, draw] });
      return { added, allotment: there(orderId) };
    },
    async close(orderId, now) {
      failing("close");
      const item = there(orderId);
      if (item.closedAt !== null) return item;
      dueAt.set(orderId, now + 30_000);
      items.set(orderId, { ...item, closedAt: now });
      return there(orderId);
    },
    async finished(orderId) {
      failing("finished");
      if (there(orderId).closedAt !== null) dueAt.delete(orderId);
    },
    async putOff(orderId, at) {
      failing("putOff");
      if (dueAt.has(orderId)) dueAt.set(orderId, at);
    },
    async due(now, limit) {
      failing("due");
      return [...dueAt].flatMap(([order, at]) => (at <= now ? [order] : [])).slice(0, limit);
    },
  };
}
