/** Times as a person reads them, in UTC; also those that no calendar holds, since an archive may say anything. */

const MS_PER_SECOND = 1_000n;

/** What a Date can say. Milliseconds. */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** "2026-11-03 10:00:00.000". @param ms Unix milliseconds */
export function utc(ms: number): string {
  if (ms > MAX_DATE_MS) return `${ms} ms`;
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}

/** "2026-11-03 10:00:00.000 UTC". @param seconds Unix seconds */
export function utcOfSeconds(seconds: bigint): string {
  const ms = seconds * MS_PER_SECOND;
  return ms > BigInt(MAX_DATE_MS) ? `${seconds} s` : `${utc(Number(ms))} UTC`;
}
