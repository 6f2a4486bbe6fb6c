/** A list out of the purchases' table, as an operator is shown it. What can't be read is told, and fails the command. */

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { FAILED_EXIT_CODE, type Output } from "../command.ts";
import type { TablePlace } from "./command-line.ts";
import { count, printable } from "./describe.ts";
import { withTable } from "./table.ts";

interface Unreadable {
  readonly kind: "unreadable";
  readonly key: string;
}

export interface Listing<Entry> {
  readonly read: (client: DynamoDBClient, table: string) => AsyncIterable<Entry | Unreadable>;
  readonly lines: (entry: Entry) => readonly string[];
  /** The last line, for so many. */
  readonly total: (entries: number) => string;
  readonly json: (entry: Entry) => object;
  /** Of the entries, in JSON. */
  readonly name: string;
}

/** @throws UsageError and StoreUnavailableError */
export function printListing<Entry extends { readonly kind: string }>(
  { place, json }: { readonly place: TablePlace; readonly json: boolean },
  output: Output,
  listing: Listing<Entry>,
): Promise<number> {
  return withTable(place, output, async (client) => {
    const entries: Entry[] = [];
    const unreadable: string[] = [];
    for await (const entry of listing.read(client, place.table)) {
      if (isUnreadable(entry)) unreadable.push(entry.key);
      else entries.push(entry);
    }
    const shown = json
      ? [JSON.stringify({ [listing.name]: entries.map(listing.json), unreadable })]
      : [
          ...entries.flatMap((entry) => [...listing.lines(entry), ""]),
          ...unreadable.map((key) => printable(`Can't be read: ${key}`)),
          listing.total(entries.length),
          ...(unreadable.length === 0 ? [] : [`${count(unreadable.length, "item", "items")} can't be read.`]),
        ];
    for (const line of shown) output.out(line);
    return unreadable.length === 0 ? 0 : FAILED_EXIT_CODE;
  });
}

function isUnreadable<Entry extends { readonly kind: string }>(
  entry: Entry | Unreadable,
): entry is Unreadable {
  return entry.kind === "unreadable";
}
