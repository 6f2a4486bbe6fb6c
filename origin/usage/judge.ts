/**
 * What becomes of the records of one answer: which count, which are listed with the reason why not, and which were seen
 * before. And what the book is after that. Pure, but for the earlier records that it may have to ask for.
 */

import { createHash } from "node:crypto";
import type { UsageEntry, UsageHead, UsageSource } from "./ports.ts";
import { verifyUsageRecord } from "./verify.ts";

/** Refused records that are kept for an eSIM; the rest are counted. Whoever forges them must not fill the table. */
export const MAX_REFUSED = 50;

/** Characters that are kept of what can't be a record: it is longer than any, or escaped it would be. */
const KEPT_OF_JUNK = 256;

/** What a compact JWS is written in. */
const JWS_TEXT = /^[\w.-]*$/;

/** Bytes: enough that nobody finds two records with one digest. */
const DIGEST_BYTES = 16;

export interface Judged {
  /** What is new, in the order in which it came. */
  readonly entries: readonly UsageEntry[];
  /** Refused, new, and beyond what is kept. */
  readonly unlisted: number;
}

export interface JudgeOptions {
  readonly issuer: Pick<UsageSource, "issuer" | "keySet">;
  /** Unix milliseconds. */
  readonly now: number;
  /** Every record that was counted before. Asked for only when an issuer sends an old one. */
  readonly earlier: () => Promise<ReadonlySet<string>>;
}

export async function judge(
  records: readonly string[],
  head: UsageHead,
  { issuer, now, earlier }: JudgeOptions,
): Promise<Judged> {
  const { esimTranNo } = head;
  const refused = new Set(head.refused);
  const entries: UsageEntry[] = [];
  let previous = head.last;
  let before: ReadonlySet<string> | undefined;
  let unlisted = 0;
  for (const jws of records) {
    const digest = digestOf(jws);
    if (refused.has(digest) || entries.some((entry) => entry.jws === jws)) continue;
    const expected = {
      keys: issuer.keySet,
      issuer: issuer.issuer,
      esimTranNo,
      previous,
      now: Math.floor(now / 1_000),
    };
    const verdict = await verifyUsageRecord(jws, expected);
    if (verdict.ok) {
      previous = verdict.value;
      entries.push({ jws, counted: verdict.value });
      continue;
    }
    const { reason } = verdict;
    if (reason === "duplicate") continue;
    if (reason === "sequence_not_increasing") {
      before ??= await earlier();
      if (before.has(jws)) continue;
    }
    if (refused.size < MAX_REFUSED) {
      const isJunk = reason === "too_long" || !JWS_TEXT.test(jws);
      entries.push({ jws: isJunk ? jws.slice(0, KEPT_OF_JUNK) : jws, counted: null, reason, digest });
      refused.add(digest);
    } else unlisted += 1;
  }
  return { entries, unlisted };
}

/** The book of an eSIM that nobody has asked about. */
export function newHead(esimTranNo: string): UsageHead {
  return {
    esimTranNo,
    version: 0,
    lookedAt: 0,
    reached: true,
    pages: 0,
    last: null,
    records: 0,
    refused: [],
    unlisted: 0,
    dispute: null,
  };
}

/** The book with one more page. */
export function withPage(head: UsageHead, entries: readonly UsageEntry[]): UsageHead {
  const counted = entries.flatMap((entry) => (entry.counted === null ? [] : [entry.counted]));
  const refused = entries.flatMap((entry) => (entry.counted === null ? [entry.digest] : []));
  return {
    ...head,
    pages: head.pages + 1,
    last: counted.at(-1) ?? head.last,
    records: head.records + counted.length,
    refused: [...head.refused, ...refused],
  };
}

function digestOf(jws: string): string {
  return createHash("sha256").update(jws).digest().subarray(0, DIGEST_BYTES).toString("base64url");
}
