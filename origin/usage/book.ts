/**
 * The book of what an eSIM has used: asks the issuer, keeps every record that it gets, and says what counts.
 *
 * A page is written before the head that counts it, and never again. Whoever finds a page that no head counts, left by
 * a crash or by somebody faster, takes it for the next one: so every process comes to the same book.
 */

import { type Complaint, dispute, suspendDisputed } from "./dispute.ts";
import { judge, withPage } from "./judge.ts";
import type { Dispute, UsageEntry, UsageHead, UsagePorts, UsageSource } from "./ports.ts";

/** What counts. */
export interface UsageStanding {
  /** 0 where nothing is proven. Never falls. */
  readonly usedBytes: bigint;
  /** When it was measured, Unix seconds. */
  readonly measuredAt: number | null;
  /** How many records were counted. */
  readonly records: number;
  /** How many were refused. */
  readonly rejected: number;
  /** Unix milliseconds. From then on nothing counts and nothing may be charged. */
  readonly disputedAt: number | null;
  /** The issuer did not answer, so there may be more. */
  readonly stale: boolean;
}

export interface UsageStatement {
  readonly entries: readonly UsageEntry[];
  /** What to ask for next; null at the end. */
  readonly next: number | null;
  /** Refused records that are not kept. */
  readonly unlisted: number;
  readonly dispute: Dispute | null;
}

/** Every method throws StoreUnavailableError. */
export interface UsageBook {
  /** Who signs, and with which keys; null where nobody does. */
  readonly issuer: Pick<UsageSource, "issuer" | "keySet"> | null;
  /** Asks the issuer, unless it was asked just now. An issuer that is down leaves what is stored. */
  refresh(esimTranNo: string): Promise<UsageStanding>;
  /** What came from the issuer, as it came. @param after 0, or the `next` of the part before */
  statement(esimTranNo: string, after: number): Promise<UsageStatement>;
  /** Closes the book and has the eSIM suspended, now or by `suspendDisputed`. A second dispute is the first one. */
  dispute(esimTranNo: string, complaint: Complaint): Promise<Dispute>;
  /** Whether the book is closed: what is used from then on would be free. */
  isDisputed(esimTranNo: string): Promise<boolean>;
  /** Suspends what disputes left to be suspended; to be called every minute. */
  suspendDisputed(): Promise<void>;
}

/** Between two looks at the issuer. Milliseconds. */
export const LOOK_AGAIN_MS = 2_000;

/** The issuer's answers in one look: each may be a part of what there is. */
const MAX_ANSWERS = 4;

/** Of at most 2 KB each, so that a page stays far under an item's 400 KB. */
const PAGE_RECORDS = 50;

const PAGES_AT_ONCE = 10;

/** Records in one part of a statement at most. */
export const STATEMENT_RECORDS = 100;

export function createUsageBook(ports: UsagePorts): UsageBook {
  const { source, store, now } = ports;
  return {
    issuer: source,
    async refresh(esimTranNo) {
      const head = await store.head(esimTranNo);
      if (source === null || head.dispute !== null) return { ...standing(head), stale: false };
      if (now() < head.lookedAt + LOOK_AGAIN_MS) return standing(head);
      return standing(await look(head, source, ports));
    },
    async statement(esimTranNo, after) {
      const { pages, unlisted, dispute: open } = await store.head(esimTranNo);
      const numbers = range(after, Math.min(after + PAGES_AT_ONCE, pages));
      const entries: UsageEntry[] = [];
      let next = after;
      for (const page of await Promise.all(numbers.map((number) => store.page(esimTranNo, number)))) {
        if (entries.length + page.length > STATEMENT_RECORDS) break;
        entries.push(...page);
        next += 1;
      }
      return { entries, next: next < pages ? next : null, unlisted, dispute: open };
    },
    isDisputed: async (esimTranNo) => (await store.head(esimTranNo)).dispute !== null,
    dispute: (esimTranNo, complaint) => dispute(esimTranNo, complaint, ports),
    suspendDisputed: () => suspendDisputed(ports),
  };
}

function standing({ last, records, refused, unlisted, dispute, reached }: UsageHead): UsageStanding {
  return {
    usedBytes: last?.usedBytes ?? 0n,
    measuredAt: last?.measuredAt ?? null,
    records,
    rejected: refused.length + unlisted,
    disputedAt: dispute?.at ?? null,
    stale: !reached,
  };
}

async function look(
  head: UsageHead,
  source: UsageSource,
  ports: Pick<UsagePorts, "store" | "now" | "log">,
): Promise<UsageHead> {
  const { esimTranNo } = head;
  let current = head;
  let reached = true;
  for (let answers = 0; answers < MAX_ANSWERS; answers++) {
    const answer = await source.records(esimTranNo, current.last?.sequence ?? 0);
    if (answer.kind === "unavailable") {
      ports.log({ event: "usage_unavailable", esim: esimTranNo, detail: answer.detail });
      reached = false;
      break;
    }
    const counted = current.records;
    for (const at of range(0, Math.ceil(answer.records.length / PAGE_RECORDS))) {
      const part = answer.records.slice(at * PAGE_RECORDS, (at + 1) * PAGE_RECORDS);
      current = await enter(part, current, source, ports);
    }
    // Nothing of it counts, so asking for what comes after it would bring the same again.
    if (current.records === counted) break;
  }
  const next = { ...current, version: head.version + 1, lookedAt: ports.now(), reached };
  return (await ports.store.saveHead(next)) === "saved" ? next : ports.store.head(esimTranNo);
}

/** Enters what is new of a part of an answer into the next page; into the one after it where somebody was faster. */
async function enter(
  part: readonly string[],
  head: UsageHead,
  source: UsageSource,
  ports: Pick<UsagePorts, "store" | "now" | "log">,
): Promise<UsageHead> {
  const { store, now, log } = ports;
  const { esimTranNo, pages } = head;
  const earlier = () => countedBefore(head, store);
  const { entries, unlisted } = await judge(part, head, { issuer: source, now: now(), earlier });
  const seen = { ...head, unlisted: head.unlisted + unlisted };
  if (entries.length === 0) return seen;
  const written = await store.addPage(esimTranNo, pages, entries);
  if (written.kind === "exists") {
    return enter(part, withPage(head, written.entries), source, ports);
  }
  for (const entry of entries) {
    if (entry.counted === null) log({ event: "usage_refused", esim: esimTranNo, reason: entry.reason });
  }
  return withPage(seen, entries);
}

async function countedBefore(
  { esimTranNo, pages }: UsageHead,
  store: UsagePorts["store"],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let from = 0; from < pages; from += PAGES_AT_ONCE) {
    const numbers = range(from, Math.min(from + PAGES_AT_ONCE, pages));
    const read = await Promise.all(numbers.map((page) => store.page(esimTranNo, page)));
    for (const { jws, counted } of read.flat()) if (counted !== null) found.add(jws);
  }
  return found;
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
