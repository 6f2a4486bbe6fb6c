/** The supplier's prices: US dollars × 10,000, not USDC's six decimals. */

import { USDC_DECIMALS, type Usdc, usdc } from "./money.ts";

const WHOLESALE_DECIMALS = 4;

const ATOMIC_PER_WHOLESALE = 10n ** BigInt(USDC_DECIMALS - WHOLESALE_DECIMALS);

const DOLLARS = /^([0-9]+)\.([0-9]{2,4})$/;

/** Reads the catalog's `wholesaleUsd`, "0.90" → 9000n. @throws RangeError on anything the schema would refuse */
export function wholesalePrice(dollars: string): bigint {
  const [, whole = "", fraction = ""] = DOLLARS.exec(dollars) ?? [];
  if (whole === "") throw new RangeError("a wholesale price has two to four decimals");
  return BigInt(whole + fraction.padEnd(WHOLESALE_DECIMALS, "0"));
}

/** The same price in USDC, at a dollar each. @throws RangeError like `wholesalePrice` */
export function wholesaleCost(dollars: string): Usdc {
  return withMargin(wholesalePrice(dollars), 0);
}

/** What the supplier charges plus a margin, in USDC, rounded up. @param amount US dollars × 10,000 */
export function withMargin(amount: bigint, marginPercent: number): Usdc {
  return usdc((amount * ATOMIC_PER_WHOLESALE * BigInt(100 + marginPercent) + 99n) / 100n);
}

/** From the supplier's units, with two to four decimals: 9000n → "0.90". Negative where the credit is. */
export function formatWholesale(amount: bigint): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(WHOLESALE_DECIMALS + 1, "0");
  const fraction = digits.slice(-WHOLESALE_DECIMALS).replace(/0{1,2}$/, "");
  return `${amount < 0n ? "-" : ""}${digits.slice(0, -WHOLESALE_DECIMALS)}.${fraction}`;
}
