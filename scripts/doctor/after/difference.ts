/** Finds the first place where an answer's JSON is not what it should be. Pure. */

/** Characters of a value that is quoted. */
const MAX_QUOTE = 70;

/** "accepts.0.payTo is "0x…", expected "0x…"", or null when both are the same. The order of keys does not count. */
export function firstDifference(actual: unknown, expected: unknown, place: string): string | null {
  if (isContainer(expected) && isContainer(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    const [has, wants] = [new Map(Object.entries(actual)), new Map(Object.entries(expected))];
    for (const key of new Set([...wants.keys(), ...has.keys()])) {
      const difference = firstDifference(has.get(key), wants.get(key), `${place}.${key}`);
      if (difference !== null) return difference;
    }
    return null;
  }
  return actual === expected ? null : `${place} is ${quote(actual)}, expected ${quote(expected)}`;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function quote(value: unknown): string {
  if (value === undefined) return "absent";
  const text = JSON.stringify(value);
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text;
}
