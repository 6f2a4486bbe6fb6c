/**
 * The eSIM store from its assembly, deployed in the less usual way: origin and edge in two regions, the edge's keys in
 * Secrets Manager. What the buyer does not wait for is done by the queue's worker and by the schedules.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, type StackLogEvent, startStack } from "../../../scripts/local/stack/start-stack.ts";
import { activation, esimOf, paid, signFor } from "../../e2e/support.ts";

/** Synthesis takes most of it. Milliseconds. */
const START_MS = 240_000;

let stack: Stack;
const events: StackLogEvent[] = [];

beforeAll(async () => {
  stack = await startStack({
    assembly: true,
    deploy: { originRegion: "eu-central-1", secrets: "secrets-manager" },
    allocationDelayMs: 4_000,
    config: { budgets: { originMs: 1_000 } },
    log: (event) => events.push(event),
  });
}, START_MS);
afterAll(() => stack.close());

const acceptedSchema = v.object({ order_url: v.string(), access_token: v.string() });

test("a purchase that outlasts the API is delivered by what the template wires behind it, and archived", async () => {
  const url = `${stack.url}/v1/esim/activate`;
  const init = activation({ plan: "us-7day", device_id: "drone-47" });
  const accepted = await fetch(url, paid(await signFor(stack, url, init), init));
  expect(accepted.status).toBe(202);
  const { order_url, access_token } = v.parse(acceptedSchema, await accepted.json());
  const order = () => fetch(order_url, { headers: { authorization: `Bearer ${access_token}` } });
  await expect.poll(async () => (await order()).status, { timeout: 20_000, interval: 500 }).toBe(200);
  expect((await esimOf(await order())).state).toBe("delivered");
  const batches = () => readdirSync(join(stack.archive.dir, "batches")).length;
  await expect.poll(batches, { timeout: 20_000, interval: 500 }).toBe(1);
  expect(stack.gateways[0].violations).toEqual([]);
});

test("both halves' lines are told as events of the half that they are of", () => {
  const told = new Set(events.map(({ at, event }) => `${at} ${event}`));
  for (const line of ["edge payment_settled", "origin purchase_claimed", "origin purchase_moved"]) {
    expect(told).toContain(line);
  }
});

test("the refund wallet that is watched is the key's behind the local KMS", () => {
  expect(events).toContainEqual(
    expect.objectContaining({ event: "refund_wallet_seen", chain: "polygon", balance: "1000000000" }),
  );
  expect(events.filter(({ event }) => event === "watch_failed")).toEqual([]);
});
