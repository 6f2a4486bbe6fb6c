/** Whatever an issuer sends, however often and in whatever order, and whatever the table does meanwhile. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { StoreUnavailableError } from "../../../origin/purchase/ports.ts";
import { LOOK_AGAIN_MS } from "../../../origin/usage/book.ts";
import type { UsageEntry } from "../../../origin/usage/ports.ts";
import { originWorld } from "../../builders/origin-ports.ts";
import type { WriteFault } from "../../builders/origin-store.ts";
import { signedRecord, type UsageScript } from "../../builders/origin-usage.ts";

const ESIM = "tran-B1";
const START = Math.floor(originWorld().clock.now() / 1_000);

/** The tenth says that it is later than it can be. */
const genuine = Array.from({ length: 10 }, (_, index) =>
  signedRecord({
    esimTranNo: ESIM,
    sequence: index + 1,
    usedBytes: BigInt(index + 1) * 700n,
    measuredAt: index === 9 ? START + 1_000_000 : START - 100 + index,
  }),
);
/** More, and more data, than the issuer ever said. */
const forged = Array.from({ length: 10 }, (_, index) =>
  signedRecord(
    { esimTranNo: ESIM, sequence: index + 5, usedBytes: 10n ** 12n, measuredAt: START - 100 + index },
    true,
  ),
);
/** Signed, and not to be counted here. */
const misplaced = [
  signedRecord({ esimTranNo: "tran-B2", sequence: 50, usedBytes: 10n ** 12n, measuredAt: START }),
  signedRecord({ esimTranNo: ESIM, sequence: 4, usedBytes: 1n, measuredAt: START - 97 }),
];
const all = [...genuine, ...forged, ...misplaced, "", "no record", `${genuine[3]}A`];

const fault = fc.constantFrom<WriteFault>("unavailable", "answer_lost", "answer_lost_and_retried");
const look = fc.record({
  answers: fc.array(fc.array(fc.constantFrom(...all), { maxLength: 6 }), { minLength: 1, maxLength: 3 }),
  faults: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(fault, { maxLength: 3 })),
  /** Processes that look at the same time. */
  lookers: fc.integer({ min: 1, max: 3 }),
});

async function statement({ book }: UsageScript): Promise<readonly UsageEntry[]> {
  const found: UsageEntry[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const part = await book.statement(ESIM, after);
    found.push(...part.entries);
    after = part.next;
  }
  return found;
}

const unlessDown = (error: unknown) => {
  if (!(error instanceof StoreUnavailableError)) throw error;
};

test("usage never falls, counts only what the issuer signed for this eSIM, and lists every record once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(look, { minLength: 1, maxLength: 6 }), async (looks) => {
      const { usage, clock } = originWorld();
      const served = new Set<string>();
      let used = 0n;
      const check = async () => {
        const entries = await statement(usage);
        const jws = entries.map((entry) => entry.jws);
        expect(new Set(jws).size).toBe(jws.length);
        expect(jws.filter((each) => !served.has(each))).toEqual([]);
        const counted = entries.flatMap((entry) => (entry.counted === null ? [] : [entry]));
        expect(
          counted.filter((entry) => !genuine.slice(0, 9).includes(entry.jws) && entry.jws !== misplaced[1]),
        ).toEqual([]);
        const standing = await usage.book.refresh(ESIM);
        expect(standing.usedBytes).toBe(counted.at(-1)?.counted.usedBytes ?? 0n);
        expect(standing.usedBytes).toBeGreaterThanOrEqual(used);
        expect(standing).toMatchObject({ records: counted.length, rejected: jws.length - counted.length });
        used = standing.usedBytes;
      };
      const lookAt = async (answers: readonly (readonly string[])[], lookers: number) => {
        await clock.sleep(LOOK_AGAIN_MS);
        for (const records of answers) {
          for (const record of records) served.add(record);
          usage.answers.push({ kind: "records", records });
        }
        const refreshes = Array.from({ length: lookers }, () => usage.book.refresh(ESIM).catch(unlessDown));
        await Promise.all(refreshes);
        usage.answers.splice(0);
        usage.store.faults.splice(0);
      };
      for (const { answers, faults, lookers } of looks) {
        usage.store.faults.push(...faults);
        await lookAt(answers, lookers);
        await check();
      }
      // What was sent while the table was down is sent again.
      await lookAt([[...served]], 1);
      await check();
      const listed = (await statement(usage)).map(({ jws }) => jws);
      expect(listed.toSorted()).toEqual([...served].toSorted());
    }),
    { numRuns: 40 },
  );
});
