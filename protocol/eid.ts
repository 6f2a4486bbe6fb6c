/** EIDs, the serial numbers of the chips that profiles are installed on: 32 digits, the last two of them a check. Pure. */

const EID = /^[0-9]{32}$/;

/** ISO/IEC 7064 MOD 97-10, as SGP.29 uses it: the whole number leaves 1. */
const MODULUS = 97n;
const REMAINDER = 1n;

export function isEid(text: string): boolean {
  return EID.test(text) && BigInt(text) % MODULUS === REMAINDER;
}
