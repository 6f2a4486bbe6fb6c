/**
 * Webhooks over HTTP, through the gateway: the supplier's notifications make the origin look, and buyers who named a
 * webhook are told what became of their orders. No sweeper runs but the one that a test calls.
 */

import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Origin } from "../../origin/origin.ts";
import { listen } from "../../scripts/local/listen.ts";
import { createLocalOrigin } from "../../scripts/local/stack/site.ts";
import { onAssembly, type Stack, type StackLogEvent, startStack } from "./stack.ts";
import { activation, v2Client } from "./support.ts";

/** From an order at the supplier to its profile: longer than the origin lets its buyer wait. */
const ALLOCATION_MS = 3_000;
const ORIGIN_MS = 1_000;
const WITHIN_MS = 10_000;
/** After a try that failed. */
const FIRST_WAIT_MS = 6_000;

const pendingSchema = v.looseObject({
  order_id: v.string(),
  state: v.string(),
  webhook_secret: v.optional(v.string()),
});

interface Call {
  /** Unix milliseconds. */
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = Date.now() + WITHIN_MS;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`${what} never came about`);
    await sleep(50);
  }
}

// An assembly runs what is deployed: it always sweeps, and calls nobody on loopback.
describe.skipIf(onAssembly)("webhooks", () => {
  let stack: Stack;
  let sweeper: Origin;
  let receiver: Server;
  let hook: string;
  let close: () => Promise<void>;
  const log: StackLogEvent[] = [];
  const calls: Call[] = [];
  /** By path, of the next calls; after them 204. */
  const statuses = new Map<string, number[]>();

  beforeAll(async () => {
    stack = await startStack({
      sweeper: false,
      allocationDelayMs: ALLOCATION_MS,
      config: { budgets: { originMs: ORIGIN_MS } },
      log: (event) => log.push(event),
    });
    sweeper = await createLocalOrigin(
      stack.config,
      stack.secrets,
      {
        table: stack.dynamo.table,
        dynamo: stack.dynamo.clientConfig,
        supplierUrl: stack.supplier.url,
        archiveDir: stack.archive.dir,
        loopbackWebhooks: true,
      },
      (event) => log.push({ at: "origin", ...event }),
    );
    receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const path = request.url ?? "";
      calls.push({ at: Date.now(), path, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const status = statuses.get(path)?.shift() ?? 204;
      response.writeHead(status, status === 307 ? { location: `${hook}/elsewhere` } : {}).end();
    });
    ({ url: hook, close } = await listen(receiver, "a receiver"));
  });
  afterEach(() => stack.supplier.webhooks.repeat(1));
  afterAll(async () => {
    sweeper?.close();
    await close?.();
    await stack?.close();
  });

  const buy = async (more: object = {}) => {
    const init = activation({ plan: "us-7day", ...more });
    const response = await v2Client(stack)(`${stack.url}/v1/esim/activate`, init);
    return v.parse(pendingSchema, await response.json());
  };

  const changesOf = (id: string) =>
    log.flatMap((event) => (event.event === "purchase_moved" && event.order === id ? [event.change] : []));
  const delivered = (id: string) => until(() => changesOf(id).includes("delivered"), "the delivery");
  const received = (isNew: boolean) =>
    log.filter((event) => event.event === "webhook_received" && event.isNew === isNew);
  const callsTo = (path: string) => calls.filter((call) => call.path === path);

  function verify({ headers, body }: Call, secret: string): void {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const signature = createHmac("sha256", key).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  }

  test("a notification delivers a slow order, with no sweeper and no poll; sent twice, it counts once", async () => {
    stack.supplier.webhooks.repeat(2);
    const { order_id: id, state } = await buy();
    expect(state).toBe("ordered");
    await delivered(id);
    await stack.supplier.webhooks.idle();
    expect(received(true).filter(({ event }) => event === "webhook_received")).toContainEqual(
      expect.objectContaining({ type: "ORDER_STATUS", order: id }),
    );
    expect(received(false)).toHaveLength(1);
    expect(stack.supplier.webhooks.sent.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(log.some(({ event }) => event === "webhook_refused" || event === "internal_error")).toBe(false);
  });

  test("whoever guesses at the secret path is told what is told of any path", async () => {
    const body = JSON.stringify({ notifyType: "CHECK_HEALTH", notifyId: "x" });
    const guess = `/webhooks/esim-access/${"A".repeat(43)}`;
    const [guessed, nowhere] = await Promise.all(
      [guess, "/webhooks/esim-access/x"].map((path) => fetch(stack.url + path, { method: "POST", body })),
    );
    expect([guessed?.status, nowhere?.status]).toEqual([404, 404]);
    expect(await guessed?.json()).toEqual(await nowhere?.json());
    expect(log.filter(({ event }) => event === "webhook_refused")).toHaveLength(1);
  });

  test("buyers are told, signed and without secrets, and again until they take it; redirects and neighbours get nothing", async () => {
    statuses.set("/hook", [500]);
    statuses.set("/moved", [307]);
    const [told, moved, neighbour] = await Promise.all([
      buy({ webhook_url: `${hook}/hook` }),
      buy({ webhook_url: `${hook}/moved` }),
      buy({ webhook_url: "https://169.254.169.254/latest/meta-data/" }),
    ]);
    for (const { order_id: id } of [told, moved, neighbour]) await delivered(id);
    const secret = told.webhook_secret ?? "";
    expect(secret).toMatch(/^whsec_/);
    expect(callsTo("/hook")).toEqual([]);

    await sweeper.sweep();
    expect(callsTo("/hook")).toHaveLength(1);
    const failures = log.flatMap((event) =>
      event.event === "webhook_failed" ? [`${event.order} ${event.reason}`] : [],
    );
    expect(failures.toSorted()).toEqual(
      [
        `${told.order_id} status_500`,
        `${moved.order_id} status_307`,
        `${neighbour.order_id} address_refused`,
      ].toSorted(),
    );
    expect(callsTo("/elsewhere")).toEqual([]);

    await until(() => Date.now() >= (calls[0]?.at ?? 0) + FIRST_WAIT_MS, "the time for the second try");
    await sweeper.sweep();
    const [first, second, ...others] = callsTo("/hook");
    if (first === undefined || second === undefined) throw new Error("two tries were expected");
    expect(others).toEqual([]);
    for (const call of [first, second]) verify(call, secret);
    expect(second.body).toBe(first.body);
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(JSON.parse(second.body)).toMatchObject({
      id: first.headers["webhook-id"],
      type: "order.delivered",
      order: { order_id: told.order_id, state: "delivered", items: [{ item_state: "delivered" }] },
    });
    expect(second.body).not.toMatch(/LPA:|iccid|token|whsec_/);
  });
});
