/** The command line of `npm run ledger`. */

import { parseArgs } from "node:util";
import { type Cid, isCid } from "../../origin/archive/cid.ts";
import { type Hex, parseBytes32 } from "../../protocol/hex.ts";
import { isOrderId } from "../../protocol/order.ts";
import { UsageError } from "../command.ts";

export type ArchivePlace =
  | { readonly kind: "folder"; readonly folder: string }
  /** Region: null for the SDK's own way of finding one. */
  | { readonly kind: "bucket"; readonly bucket: string; readonly region: string | null };

/** The purchases' table. */
export interface TablePlace {
  readonly table: string;
  /** Null for the SDK's own way of finding one. */
  readonly region: string | null;
  /** The local stack's DynamoDB; null for AWS. */
  readonly endpoint: string | null;
}

/** What a purchase is looked for by. */
export type Wanted =
  | { readonly kind: "order"; readonly order: string }
  | { readonly kind: "transaction"; readonly transaction: Hex };

interface ReadOptions {
  readonly place: ArchivePlace;
  readonly expected: Cid | null;
  readonly json: boolean;
}

interface TableOptions {
  readonly place: TablePlace;
  readonly json: boolean;
}

export type LedgerCommand =
  | { readonly kind: "help" }
  | (ReadOptions & { readonly kind: "verify" })
  | (ReadOptions & { readonly kind: "show"; readonly wanted: Wanted })
  | (TableOptions & { readonly kind: "unmatched" })
  | (TableOptions & { readonly kind: "disputes" });

export const helpText = `Reads the archive of purchases (batches that name each other by hash, in a folder or a locked bucket), the transfers
that match nothing, and the disputes about usage.

  npm run ledger -- verify --dir DIR                     prove the whole archive, or list what is wrong with it
  npm run ledger -- show ORDER_ID --dir DIR              one purchase's history, as for a dispute
  npm run ledger -- show TRANSACTION_HASH --dir DIR      the same, by the payment's transaction on chain
  npm run ledger -- unmatched --table NAME               transfers to the merchant that match no purchase
  npm run ledger -- disputes --table NAME                eSIMs whose buyers contest what was counted

  --dir DIR        the archive in a folder
  --bucket NAME    the archive in an S3 bucket, read with the credentials of the environment
  --table NAME     the purchases' table, read with the credentials of the environment
  --endpoint URL   read the table from the local stack's DynamoDB instead; npm start prints both
  --region NAME    the bucket's or the table's region (default: the environment's)
  --head CID       demand that this batch is in the chain; verify prints the head, keep it somewhere else
  --json           one line of JSON instead of text
  --help           this text

Exit codes:
  0  the archive is proven, and the purchase was found; or every unmatched transfer or dispute is listed, even if there is none
  1  something is wrong with the archive, or it lacks the purchase; or archive or table can't be read, or not wholly
  2  the command line is wrong`;

const options = {
  dir: { type: "string" },
  bucket: { type: "string" },
  table: { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
  head: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): LedgerCommand {
  const { values, positionals } = read(args);
  if (values.help === true) return { kind: "help" };
  const [verb, ...rest] = positionals;
  const json = values.json === true;
  const readOptions = () => {
    refuse(values, ["table", "endpoint"], "unmatched and disputes");
    const place = placeOf(values.dir, values.bucket, values.region);
    return { place, expected: headOf(values.head), json };
  };
  switch (verb) {
    case undefined:
      throw new UsageError("A command is missing: verify, show, unmatched or disputes.");
    case "verify":
      if (rest.length > 0) throw new UsageError("verify takes no argument.");
      return { kind: "verify", ...readOptions() };
    case "show":
      return { kind: "show", wanted: wantedOf(rest), ...readOptions() };
    case "unmatched":
    case "disputes":
      if (rest.length > 0) throw new UsageError(`${verb} takes no argument.`);
      refuse(values, ["dir", "bucket", "head"], "verify and show");
      return { kind: verb, place: tableOf(values.table, values.region, values.endpoint), json };
    default:
      throw new UsageError("The command is verify, show, unmatched or disputes.");
  }
}

function refuse(
  values: Readonly<Partial<Record<keyof typeof options, unknown>>>,
  names: readonly (keyof typeof options)[],
  goesWith: string,
): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} goes with ${goesWith}.`);
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The command line can't be read.");
  }
}

function placeOf(
  folder: string | undefined,
  bucket: string | undefined,
  region: string | undefined,
): ArchivePlace {
  if (folder !== undefined && bucket !== undefined) throw new UsageError("Give --dir or --bucket, not both.");
  if (bucket !== undefined) return { kind: "bucket", bucket, region: region ?? null };
  if (region !== undefined) throw new UsageError("--region goes with --bucket.");
  if (folder === undefined) throw new UsageError("--dir is missing: the folder that holds the archive.");
  return { kind: "folder", folder };
}

function tableOf(
  table: string | undefined,
  region: string | undefined,
  endpoint: string | undefined,
): TablePlace {
  if (table === undefined) throw new UsageError("--table is missing: the purchases' table.");
  if (endpoint !== undefined && !(URL.canParse(endpoint) && /^https?:/.test(endpoint))) {
    throw new UsageError("--endpoint is an http or https URL.");
  }
  return { table, region: region ?? null, endpoint: endpoint ?? null };
}

function headOf(text: string | undefined): Cid | null {
  if (text === undefined) return null;
  if (!isCid(text)) throw new UsageError("--head is a batch's CID, as verify prints it.");
  return text;
}

function wantedOf(positionals: readonly string[]): Wanted {
  const [text = "", ...more] = positionals;
  if (more.length > 0) throw new UsageError("show takes one order id or one transaction hash.");
  if (isOrderId(text)) return { kind: "order", order: text };
  const transaction = parseBytes32(text);
  if (transaction === undefined) {
    throw new UsageError("show takes an order id (ord_ and 40 hex digits) or a transaction hash.");
  }
  return { kind: "transaction", transaction };
}
