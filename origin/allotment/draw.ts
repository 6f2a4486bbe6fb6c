/** One device draws its eSIM: the next that nobody has, or again the one that it has. */

import type { PurchasePorts } from "../purchase/ports.ts";
import { isHandedOver, type Purchase } from "../purchase/purchase.ts";
import { type Draw, isLost, itemsOf } from "./allotment.ts";

export type Drawn =
  /** `replayed`: by the same device, earlier. */
  | { readonly kind: "drawn"; readonly item: number; readonly draw: Draw; readonly replayed: boolean }
  | { readonly kind: "pending" | "exhausted" | "closed" };

/**
 * @param purchase an allotment's
 * @throws StoreUnavailableError
 */
export async function drawOne(
  purchase: Purchase,
  deviceId: string,
  { allotments, now, log }: PurchasePorts,
): Promise<Drawn> {
  if (!isHandedOver(purchase)) return { kind: isLost(purchase) ? "closed" : "pending" };
  const items = itemsOf(purchase);
  const { id } = purchase;
  const at = now();
  const { added, allotment } = await allotments.draw(id, { deviceId, at }, items.length);
  const nth = allotment.draws.findIndex((draw) => draw.deviceId === deviceId);
  const [draw, item] = [allotment.draws[nth], items[nth]];
  if (draw === undefined || item === undefined) {
    return { kind: allotment.closedAt !== null || at >= allotment.expiresAt ? "closed" : "exhausted" };
  }
  log({ event: "allotment_drawn", order: id, item, device: deviceId, replayed: !added });
  return { kind: "drawn", item, draw, replayed: !added };
}
