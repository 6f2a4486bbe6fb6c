/** The supplier's prices: US dollars × 10,000, not USDC's six decimals. */

const DOLLARS = /^([0-9]+)\.([0-9]{2,4})$/;

/** Reads the catalog's `wholesaleUsd`, "0.90" → 9000n. @throws RangeError on anything the schema would refuse */
export function wholesalePrice(dollars: string): bigint {
  const [, whole = "", fraction = ""] = DOLLARS.exec(dollars) ?? [];
  if (whole === "") throw new RangeError("a wholesale price has two to four decimals");
  return BigInt(whole + fraction.padEnd(4, "0"));
}
