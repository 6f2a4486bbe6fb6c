/** What each line of an order costs its buyer, so that what is missing can be paid back to the last atomic unit. */

import { type Usdc, usdc } from "../../protocol/money.ts";
import type { PurchasedGoods } from "./goods.ts";

/**
 * The goods with line prices that add up to what was paid. They do so already unless the catalog changed between the
 * quote and the payment; then every line bears its share, and the last one the rest.
 */
export function sharedOut(goods: PurchasedGoods, paid: Usdc): PurchasedGoods {
  if (goods.kind !== "esims") return goods;
  const listed = goods.lines.reduce((sum, { price }) => sum + price, 0n);
  if (listed === paid || listed === 0n) return goods;
  let left: bigint = paid;
  const lines = goods.lines.map((line, position) => {
    const share = position === goods.lines.length - 1 ? left : (paid * line.price) / listed;
    left -= share;
    return { ...line, price: usdc(share) };
  });
  return { ...goods, lines };
}
