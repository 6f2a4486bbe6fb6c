/** Telling secrets that somebody made up, or forgot to fill in, from those that a random generator made. */

/** Of 32 random bytes about 30 differ; fewer than this has never been seen. */
const MIN_DISTINCT_BYTES = 16;

const PLACEHOLDER =
  /^<.*>$|^\$\{|^your[-_ ]|change[-_ ]?(?:me|this)|replace[-_ ]?(?:me|this|with)|placeholder|dummy|(?:^|[-_ ])(?:example|todo|tbd)(?:[-_ ]|$)|x{6,}|\.{3}|^(.)\1*$/i;

/** A word that stands where a secret belongs. */
export function looksPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** Bytes that repeat or that count up or down. */
export function looksPatterned(bytes: Uint8Array): boolean {
  if (new Set(bytes).size < MIN_DISTINCT_BYTES) return true;
  const steps = bytes.slice(1).map((byte, index) => byte - (bytes[index] ?? 0));
  return new Set(steps).size === 1;
}
