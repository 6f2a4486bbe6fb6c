/** A usage issuer that follows a script, the book that reads it, and the book's table in memory. */

import { generateKeyPairSync, sign } from "node:crypto";
import * as v from "valibot";
import type { OriginLogEvent } from "../../origin/log.ts";
import { StoreUnavailableError } from "../../origin/purchase/ports.ts";
import { createUsageBook, type UsageBook } from "../../origin/usage/book.ts";
import { newHead } from "../../origin/usage/judge.ts";
import type { UsageAnswer, UsageEntry, UsageHead, UsagePorts, UsageStore } from "../../origin/usage/ports.ts";
import { type UsageKeySet, usageKeySetSchema } from "../../protocol/usage.ts";
import type { WriteFault } from "./origin-store.ts";

export const USAGE_ISSUER = "https://usage.example.com";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });

export const usageKeySet: UsageKeySet = v.parse(usageKeySetSchema, {
  keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1" }],
});

export interface RecordClaims {
  readonly esimTranNo: string;
  readonly sequence: number;
  readonly usedBytes: bigint;
  /** Unix seconds. */
  readonly measuredAt: number;
}

/** Signed by hand, not with the library that verifies. @param isForged with a key that is not the issuer's */
export function signedRecord(claims: RecordClaims, isForged = false): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = part({ alg: "ES256", typ: "usage+jws", kid: "1" });
  const payload = part({
    iss: USAGE_ISSUER,
    sub: claims.esimTranNo,
    iat: claims.measuredAt,
    seq: claims.sequence,
    used_bytes: claims.usedBytes.toString(),
  });
  const key = isForged ? stranger.privateKey : privateKey;
  const signature = sign("sha256", Buffer.from(`${header}.${payload}`), { key, dsaEncoding: "ieee-p1363" });
  return `${header}.${payload}.${signature.toString("base64url")}`;
}

export interface MemoryUsageStore extends UsageStore {
  /** Faults of the next writes, of heads and of pages, first come first served. */
  readonly faults: WriteFault[];
  readonly heads: Map<string, UsageHead>;
  readonly pages: Map<string, readonly UsageEntry[]>;
}

export function memoryUsageStore(): MemoryUsageStore {
  const heads = new Map<string, UsageHead>();
  const pages = new Map<string, readonly UsageEntry[]>();
  const faults: WriteFault[] = [];
  const pageKey = (esimTranNo: string, page: number) => `${esimTranNo}#${page}`;

  /** Whether the condition held, as the last attempt saw it. */
  const under = (write: () => boolean): boolean => {
    const fault = faults.shift();
    if (fault === "unavailable") throw new StoreUnavailableError("unavailable");
    const held = write();
    if (fault === "answer_lost") throw new StoreUnavailableError("answer lost");
    return fault === "answer_lost_and_retried" ? write() : held;
  };

  const store: MemoryUsageStore = {
    faults,
    heads,
    pages,
    head: async (esimTranNo) => heads.get(esimTranNo) ?? newHead(esimTranNo),
    async saveHead(next) {
      const saved = under(() => {
        if ((heads.get(next.esimTranNo)?.version ?? 0) !== next.version - 1) return false;
        heads.set(next.esimTranNo, next);
        return true;
      });
      return saved ? "saved" : "conflict";
    },
    async addPage(esimTranNo, page, entries) {
      const key = pageKey(esimTranNo, page);
      const added = under(() => {
        if (pages.has(key)) return false;
        pages.set(key, entries);
        return true;
      });
      return added ? { kind: "added" } : { kind: "exists", entries: pages.get(key) ?? [] };
    },
    page: async (esimTranNo, page) => pages.get(pageKey(esimTranNo, page)) ?? [],
    suspensionsDue: async (now, limit) =>
      [...heads.values()]
        .filter(({ dispute }) => dispute?.suspension === "due" && dispute.dueAt <= now)
        .slice(0, limit),
  };
  return store;
}

export interface UsageScript {
  readonly book: UsageBook;
  readonly store: MemoryUsageStore;
  /** What the issuer has, the oldest first. It answers with those beyond `after`, what it can't read included. */
  readonly records: { readonly sequence: number; readonly jws: string }[];
  /** Answers of the next requests; after them it answers from `records`. */
  readonly answers: UsageAnswer[];
  /** The `after` of every request. */
  readonly asked: number[];
  /** Adds a good record. */
  use(claims: RecordClaims): string;
}

export function scriptedUsage(
  { now, log }: { readonly now: () => number; readonly log: (event: OriginLogEvent) => void },
  lifecycle: UsagePorts["lifecycle"],
  hasIssuer = true,
): UsageScript {
  const store = memoryUsageStore();
  const records: UsageScript["records"] = [];
  const answers: UsageAnswer[] = [];
  const asked: number[] = [];
  const source = {
    issuer: USAGE_ISSUER,
    keySet: usageKeySet,
    async records(_esimTranNo: string, after: number): Promise<UsageAnswer> {
      asked.push(after);
      const beyond = records.filter(({ sequence }) => sequence > after).map(({ jws }) => jws);
      return answers.shift() ?? { kind: "records", records: beyond };
    },
  };
  return {
    book: createUsageBook({ source: hasIssuer ? source : null, store, lifecycle, now, log }),
    store,
    records,
    answers,
    asked,
    use(claims) {
      const jws = signedRecord(claims);
      records.push({ sequence: claims.sequence, jws });
      return jws;
    },
  };
}
