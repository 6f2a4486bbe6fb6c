/** What an instance remembers of the payments it has served: enough to never serve one twice by itself. */

/**
 * True the first time a key is named. Only the latest `capacity` keys are remembered: a payment is over within minutes,
 * and the chain tells of everything older.
 */
export function createOnce(capacity: number): (key: string) => boolean {
  const seen = new Set<string>();
  return (key) => {
    if (seen.has(key)) return false;
    seen.add(key);
    const [oldest] = seen;
    if (seen.size > capacity && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}
