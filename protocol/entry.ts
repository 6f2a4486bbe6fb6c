/** Looking up what a stranger names. Apart from the catalog, whose schemas the edge does not need. */

/** Own properties only: `plan: "constructor"` names nothing. */
export function entry<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
