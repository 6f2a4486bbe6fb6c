/** What becomes of repeated measurements. */

/** The middle one, or the mean of the two in the middle. Null where nothing was measured. */
export function median(samples: readonly number[]): number | null {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Null where one of them is missing, or there is nothing to compare with. */
export function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : value / base;
}

/** The smallest of those that were measured. */
export function best(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : Math.min(...measured);
}
