/** ICCIDs, the serial numbers of SIM profiles: 19 or 20 digits that start with 89 and end in a Luhn digit. Pure. */

const ICCID = /^89[0-9]{17,18}$/;

/**
 * Appends the check digit.
 *
 * @param body 18 or 19 digits that start with 89
 * @throws RangeError
 */
export function completeIccid(body: string): string {
  const iccid = body + luhnDigit(body);
  if (!ICCID.test(iccid)) throw new RangeError("An ICCID is 18 or 19 digits from 89, and a check digit.");
  return iccid;
}

/** The digit that makes `digits` and itself pass the Luhn test (ISO/IEC 7812-1). */
function luhnDigit(digits: string): string {
  let sum = 0;
  // The check digit will stand to the right, so the last of these digits is the first that is doubled.
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    const digit = Number(digits[digits.length - 1 - fromRight]);
    const weighted = fromRight % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return String((10 - (sum % 10)) % 10);
}
