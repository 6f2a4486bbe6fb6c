/** The short form of `npm run test:faults`: some faults one by one, then purchases on three chains under random ones. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { SHORT } from "../../scripts/faults/command-line.ts";
import { missing } from "../../scripts/faults/report.ts";
import { runSuite, type SuiteResult } from "../../scripts/faults/suite.ts";
import { startWorld, type World } from "../../scripts/faults/world.ts";
import { localChains } from "../../scripts/local/stack/start-stack.ts";

const SEED = 20_261_121;
const TIMEOUT_MS = 240_000;

let world: World;
let result: SuiteResult;

beforeAll(async () => {
  world = await startWorld();
  result = await runSuite(world, { ...SHORT, seed: SEED, progress: () => {} });
}, TIMEOUT_MS);

afterAll(() => world.close());

test("no promise is broken, by faults one by one or by random ones", () => {
  expect(result.violations).toEqual([]);
});

test("every fault that was planned came about", () => {
  expect(missing(result)).toEqual([]);
});

test("without a fault, everything that is paid for is delivered", () => {
  const faultless = result.named.filter(({ plan }) => plan.faults.length === 0).map(({ plan }) => plan);
  const endings = result.outcomes.filter(({ plan }) => faultless.includes(plan)).map(({ ending }) => ending);
  expect(endings).toEqual(faultless.map(() => "delivered"));
  expect(endings.length).toBeGreaterThan(0);
});

test("the random run is on all chains, and its faults strike", () => {
  expect(result.random).toHaveLength(SHORT.purchases);
  expect(new Set(result.random.map(({ plan }) => plan.chain))).toEqual(new Set(localChains));
  expect(result.random.filter(({ struck }) => struck.size > 0).length).toBeGreaterThan(SHORT.purchases / 4);
});
