/** USDC amounts as integers of atomic units (six decimals). Decimal text exists only where people read or write it. */

declare const unit: unique symbol;

/** Atomic units of USDC: 1_000_000n is one dollar. */
export type Usdc = bigint & { readonly [unit]: "USDC" };

export const USDC_DECIMALS = 6;

/** EIP-3009 amounts are uint256. */
const MAX_UINT256 = 2n ** 256n - 1n;

const DECIMAL = /^(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,6}))?$/;
const INTEGER = /^(0|[1-9][0-9]{0,77})$/;

/** @throws RangeError when the amount is negative or no uint256 */
export function usdc(atomicUnits: bigint): Usdc {
  if (atomicUnits < 0n || atomicUnits > MAX_UINT256) throw new RangeError("a USDC amount is a uint256");
  return atomicUnits as Usdc;
}

/** Reads "4.20". More than six decimals is no amount (it is never rounded), nor is a sign, an exponent or a space. */
export function parseUsdc(text: string): Usdc | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  return usdc(BigInt(whole + fraction.padEnd(USDC_DECIMALS, "0")));
}

/** Writes at least two decimals, and no more than are needed: "4.20", "0.003". */
export function formatUsdc(amount: Usdc): string {
  const digits = amount.toString().padStart(USDC_DECIMALS + 1, "0");
  let end = digits.length;
  while (end > digits.length - USDC_DECIMALS + 2 && digits[end - 1] === "0") end--;
  return `${digits.slice(0, -USDC_DECIMALS)}.${digits.slice(-USDC_DECIMALS, end)}`;
}

/** Reads a uint256 in canonical decimal, as x402 sends it: no sign, no leading zero. */
export function parseUint256(text: string): bigint | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_UINT256 ? value : undefined;
}
