import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDynamoFrontier } from "../../../origin/supplier/dynamo-frontier.ts";
import { type SharedFrontier, SLOT_MS, sharedRate } from "../../../origin/supplier/rate-share.ts";
import { type LocalDynamo, startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { clientOf, start } from "./client.ts";

const PATIENT_MS = 2_500;
const SUPPLIER_LIMIT = 8;
const SECOND_MS = 1_000;
/** How much earlier or later than one another requests may arrive; `SLOT_MS` says so. */
const ARRIVAL_SLACK_MS = 279;

/** The most starts within any window of that length. */
function busiest(starts: readonly number[], windowMs = SECOND_MS): number {
  return Math.max(
    0,
    ...starts.map((from) => starts.filter((at) => at >= from && at < from + windowMs).length),
  );
}

interface MemoryFrontier extends SharedFrontier {
  at: number | undefined;
}

function memoryFrontier(): MemoryFrontier {
  const frontier: MemoryFrontier = {
    at: undefined,
    read: async () => frontier.at,
    async move(from, to) {
      if (frontier.at !== from) return false;
      frontier.at = to;
      return true;
    },
  };
  return frontier;
}

const START = 1_793_700_000_000;
let now = START;
beforeEach(() => {
  now = START;
});

describe("the shared rate", () => {
  test("lets the first call go at once and each further one a slot later", async () => {
    const rate = sharedRate(memoryFrontier(), () => now);
    const waits = await Promise.all([1, 2, 3].map(() => rate.reserve(PATIENT_MS)));
    expect(waits).toEqual([0, SLOT_MS, 2 * SLOT_MS]);
  });

  test("never lets several processes start more than eight in any second, whenever they ask", async () => {
    const asks = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 3 })), {
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(asks, async (all) => {
        const frontier = memoryFrontier();
        const processes = Array.from({ length: 4 }, () => sharedRate(frontier, () => now));
        const starts: number[] = [];
        for (const [gap, nth] of all) {
          now += gap;
          const wait = await processes[nth]?.reserve(PATIENT_MS);
          if (typeof wait === "number") starts.push(now + wait);
        }
        expect(busiest(starts, SECOND_MS + ARRIVAL_SLACK_MS)).toBeLessThanOrEqual(SUPPLIER_LIMIT);
      }),
    );
  });

  test("turns away what would wait too long, books nothing for it, and takes calls again a moment later", async () => {
    const frontier = memoryFrontier();
    const rate = sharedRate(frontier, () => now);
    const waits = await Promise.all(Array.from({ length: 30 }, () => rate.reserve(PATIENT_MS)));
    const taken = waits.filter((wait) => wait !== null);
    expect(taken).toHaveLength(Math.floor(PATIENT_MS / SLOT_MS) + 1);
    expect(frontier.at).toBe(now + taken.length * SLOT_MS);
    now += 300;
    expect(await rate.reserve(PATIENT_MS)).toBeLessThanOrEqual(PATIENT_MS);
  });

  test("asks the table not more than once for many calls that are turned away", async () => {
    const frontier = memoryFrontier();
    let reads = 0;
    const read = async () => {
      reads++;
      return now + 10_000;
    };
    const rate = sharedRate({ ...frontier, read }, () => now);
    const waits = await Promise.all(Array.from({ length: 50 }, () => rate.reserve(PATIENT_MS)));
    expect(waits).toEqual(Array(50).fill(null));
    expect(reads).toBe(1);
  });

  test("does not believe a clock that is an hour ahead", async () => {
    const frontier = memoryFrontier();
    frontier.at = now + 3_600_000;
    expect(await sharedRate(frontier, () => now).reserve(PATIENT_MS)).toBe(0);
    expect(frontier.at).toBe(now + SLOT_MS);
  });

  test.each([
    ["fails", { read: () => Promise.reject(new Error("down")) }],
    ["fails at the booking", { move: () => Promise.reject(new Error("down")) }],
    [
      "takes longer than a slot may be late",
      {
        move: async () => {
          now += 201;
          return true;
        },
      },
    ],
  ])("counts alone for a while where the table %s", async (_how, fault) => {
    let asked = 0;
    const frontier = { ...memoryFrontier(), ...fault };
    const rate = sharedRate(
      {
        ...frontier,
        read: () => {
          asked++;
          return frontier.read();
        },
      },
      () => now,
    );
    const waits = await Promise.all(Array.from({ length: 9 }, () => rate.reserve(PATIENT_MS)));
    expect(waits.slice(0, SUPPLIER_LIMIT)).toEqual(Array(SUPPLIER_LIMIT).fill(0));
    expect(waits[SUPPLIER_LIMIT]).toBeGreaterThan(SECOND_MS);
    expect(asked).toBe(1);
    now += 5_000;
    await rate.reserve(PATIENT_MS);
    expect(asked).toBe(2);
  });

  test("gives up a slot that others were faster at again and again", async () => {
    const frontier = { ...memoryFrontier(), move: async () => false };
    expect(await sharedRate(frontier, () => now).reserve(PATIENT_MS)).toBeNull();
  });
});

describe("over a table", () => {
  let dynamo: LocalDynamo;
  let clients: DynamoDBClient[];
  beforeAll(async () => {
    dynamo = await startDynamo({ table: "purchases" });
    clients = Array.from({ length: 5 }, () => new DynamoDBClient(dynamo.clientConfig));
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await dynamo.close();
  });

  const processes = (clock: () => number) =>
    clients.map((client) => sharedRate(createDynamoFrontier(client, dynamo.table), clock));

  /** What each process booked when all of them asked so often, by a clock of the test's own. Null: turned away. */
  async function ask(times: number, everyMs: number): Promise<readonly (number | null)[]> {
    const rates = processes(() => now);
    const starts: (number | null)[] = [];
    for (let time = 0; time < times; time++) {
      const waits = await Promise.all(rates.map((rate) => rate.reserve(PATIENT_MS)));
      starts.push(...waits.map((wait) => (wait === null ? null : now + wait)));
      now += everyMs;
    }
    return starts;
  }

  test("five processes that want more than there is share it, no two at the same time", async () => {
    const starts = (await ask(10, 300)).filter((at) => at !== null);
    expect(busiest(starts, SECOND_MS + ARRIVAL_SLACK_MS)).toBeLessThanOrEqual(SUPPLIER_LIMIT);
    expect(new Set(starts).size).toBe(starts.length);
    const first = Math.min(...starts);
    const slots = starts.map((at) => (at - first) / SLOT_MS).sort((a, b) => a - b);
    expect(slots).toEqual(slots.map((_, nth) => nth));
    expect(starts.length).toBeGreaterThan(2_700 / SLOT_MS);
  });

  test("five processes that want less than there is are never turned away", async () => {
    now += 60_000;
    const starts = await ask(4, 1_000);
    expect(starts).not.toContain(null);
    expect(new Set(starts).size).toBe(20);
  });

  test("four clients in real time are never too fast for a supplier that counts", async () => {
    const strict = await start({ requestsPerSecond: SUPPLIER_LIMIT });
    const callers = processes(Date.now)
      .slice(0, 4)
      .map((rate) => clientOf(strict.url, { rate, deadlineMs: 20_000 }));
    const answers = await Promise.all(callers.flatMap((one) => [1, 2, 3, 4].map(() => one.balance())));
    expect(answers.map(({ kind }) => kind)).toEqual(Array(16).fill("ok"));
    await strict.close();
  });

  test("a table that is not there leaves each process its own count", async () => {
    const [client] = clients;
    if (client === undefined) throw new Error("no client");
    const rate = sharedRate(createDynamoFrontier(client, "no-such-table"), Date.now);
    expect(await rate.reserve(PATIENT_MS)).toBe(0);
  });
});
