/** Every contestant asks for the price and sells for it, and what does not is not measured. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkRejections, checkSelling } from "../../../scripts/bench/edge/check.ts";
import { REQUIREMENTS } from "../../../scripts/bench/edge/contestants/fixed-challenge.ts";
import {
  buildContestants,
  type Contestant,
  contestantNames,
} from "../../../scripts/bench/edge/contestants.ts";
import { type BenchFacilitator, startFacilitator } from "../../../scripts/bench/edge/facilitator/start.ts";
import { program } from "../../../scripts/bench/edge/program.ts";
import { ContestantError, ONCE, run } from "../../../scripts/bench/edge/run.ts";

let facilitator: BenchFacilitator;
let child: string;
let contestants: readonly Contestant[];
const folder = mkdtempSync(join(tmpdir(), "edge402-bench-test-"));

beforeAll(async () => {
  facilitator = await startFacilitator();
  child = program("scripts/bench/edge/measured/child.ts");
  contestants = buildContestants(facilitator.url);
});
afterAll(async () => {
  await facilitator.close();
  rmSync(folder, { recursive: true });
});

function named(name: string): Contestant {
  const found = contestants.find((contestant) => contestant.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

test.each(
  contestantNames,
)("%s asks for the price, and sells for it with one call to each endpoint", async (name) => {
  await checkSelling({ child, facilitator }, named(name));
});

test("edge402 refuses what is not paid without asking the facilitator", async () => {
  const challenge = await checkSelling({ child, facilitator }, named("edge402"));
  const refused = { outcome: "asked_to_pay", facilitatorCalls: 0 };
  expect(await checkRejections({ child, facilitator }, named("edge402"), challenge)).toEqual({
    forged: refused,
    underpaid: refused,
    expired: refused,
    lapsed: { outcome: "looked_up", facilitatorCalls: 0 },
  });
});

test("what a process used is reported for each stretch of its requests", async () => {
  const report = await run(child, named("floor-402"), {}, { young: 2, warmUp: 3, hot: 4, group: null });
  expect(report).toMatchObject({ young: { cpuMs: expect.any(Number) }, hot: { wallMs: expect.any(Number) } });
  expect(report.memory).toBeGreaterThan(10_000_000);
  expect(report.cold.wallMs).toBeGreaterThan(0);
  expect((await run(child, named("floor-402"), {})).hot).toBeNull();
});

describe("a contestant is not measured that", () => {
  /** @param source of a CloudFront function */
  function broken(source: string): Contestant {
    const bundle = join(folder, "index.js");
    writeFileSync(bundle, source);
    return { ...named("floor-402"), bundle, sells: true };
  }
  const asking = (requirements: object) => {
    const challenge = { x402Version: 2, resource: { url: "https://a.test/" }, accepts: [requirements] };
    const value = Buffer.from(JSON.stringify(challenge)).toString("base64");
    return `exports.handler = async () => ({ status: "402", headers: { "payment-required": [{ value: "${value}" }] } })`;
  };

  test.each([
    ["asks for nothing", 'exports.handler = async () => ({ status: "200" })', /answered 200/],
    ["has no challenge", 'exports.handler = async () => ({ status: "402" })', /no challenge/],
    ["asks for another price", asking({ ...REQUIREMENTS, amount: "1" }), /asks for 1 to/],
    ["does not sell", asking(REQUIREMENTS), /made "asked_to_pay" of a good payment/],
    ["fails", "exports.handler = async () => { throw new Error('broken') }", /failed: Error: broken/],
    ["is none", "exports.other = 1", /failed: /],
  ])("%s", async (_, source, complaint) => {
    const checking = checkSelling({ child, facilitator }, broken(source));
    await expect(checking).rejects.toThrow(ContestantError);
    await expect(checking).rejects.toThrow(complaint);
  });

  test("answers the same request differently", async () => {
    const source = "let asked = 0; exports.handler = async () => ({ status: asked++ < 3 ? '402' : '200' })";
    const running = run(child, broken(source), {}, { ...ONCE, hot: 5 });
    await expect(running).rejects.toThrow(/answered 200 after 402/);
  });
});
