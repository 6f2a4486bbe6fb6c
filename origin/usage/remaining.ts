/**
 * What is left of an eSIM's data, from what it has in all and what counts as used. Pure.
 *
 * Data is told in KB of 1,024 bytes. What was used is rounded up, since a KB that was begun is used; what is left is
 * rounded down, so that what is shown is there. Of whole KB in all, both together make the whole.
 */

const KB = 1_024n;
const MB = 1_024n * KB;

/** Bytes, never less than 0. */
export function remainingBytes(totalBytes: bigint, usedBytes: bigint): bigint {
  return usedBytes < totalBytes ? totalBytes - usedBytes : 0n;
}

/** KB, rounded down. */
export function wholeKb(bytes: bigint): number {
  return Number(bytes / KB);
}

/** KB, rounded up. */
export function begunKb(bytes: bigint): number {
  return Number((bytes + KB - 1n) / KB);
}

export function bytesOfMb(dataMb: number): bigint {
  return BigInt(dataMb) * MB;
}
