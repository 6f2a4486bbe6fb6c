/** The usage issuer's HTTP side: its key set, open to all, and an eSIM's records, for the account's holder. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticate, type Credentials } from "./authentication.ts";
import type { Ledger } from "./ledger.ts";
import { type UsageIssuer, usageRecords } from "./usage-records.ts";

/** `GET`: the key set. */
export const USAGE_KEYS_PATH = "/usage/keys";
/** `GET …/{esimTranNo}?after={sequence}`: `{ records: [JWS, …] }`, those after that number, oldest first. */
export const USAGE_RECORDS_PATH = "/usage/records";

/** Records in one answer at most. */
const MAX_RECORDS = 100;

export interface UsageParts {
  readonly ledger: Ledger;
  readonly issuer: UsageIssuer;
  readonly credentials: Credentials;
  readonly now: () => number;
  readonly usageLagMs: number;
  /** Records that a test slips in, in front of an eSIM's own. */
  readonly planted: ReadonlyMap<string, readonly string[]>;
}

/** @returns whether the request was for the issuer */
export async function answerUsage(
  request: IncomingMessage,
  response: ServerResponse,
  parts: UsageParts,
): Promise<boolean> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === USAGE_KEYS_PATH) {
    send(response, 200, parts.issuer.keySet);
    return true;
  }
  if (!pathname.startsWith(`${USAGE_RECORDS_PATH}/`)) return false;
  if (authenticate(request.headers, "", parts.credentials, parts.now()) !== null) {
    send(response, 401, {});
    return true;
  }
  const esimTranNo = pathname.slice(USAGE_RECORDS_PATH.length + 1);
  const after = Number(searchParams.get("after") ?? 0);
  const [found] = parts.ledger.find(({ profile }) => profile.esimTranNo === esimTranNo);
  if (found === undefined) {
    send(response, 404, {});
    return true;
  }
  const due = usageRecords(found.profile, parts.now() - parts.usageLagMs)
    .filter(({ sequence }) => sequence > after)
    .slice(0, MAX_RECORDS);
  const signed = await Promise.all(due.map((record) => parts.issuer.sign(record)));
  send(response, 200, { records: [...(parts.planted.get(esimTranNo) ?? []), ...signed] });
  return true;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
