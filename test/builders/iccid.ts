/** What a digit counts for in the Luhn test where it is doubled. */
const DOUBLED = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];

/** Whether a text is an ICCID whose check digit fits. Suppliers do send others that work, so the product asks nobody. */
export function isIccid(text: string): boolean {
  if (!/^89\d{17,18}$/.test(text)) return false;
  const digits = Array.from(text, Number).reverse();
  const counted = digits.map((digit, at) => (at % 2 === 1 ? (DOUBLED[digit] ?? 0) : digit));
  return counted.reduce((sum, digit) => sum + digit) % 10 === 0;
}
