/** One purchase on the local stack is one trace and one story: from the client's span to the supplier's request. */

import diagnostics from "node:diagnostics_channel";
import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseTraceparent } from "../../../protocol/trace.ts";
import { type Stack, type StackLogEvent, startStack } from "../../../scripts/local/stack/start-stack.ts";
import type { Span } from "../../../scripts/local/telemetry/spans.ts";
import { waterfall } from "../../../scripts/local/telemetry/waterfall.ts";
import { activation, type Esim, esimOf, paid, type SignedPayment, signFor } from "../../e2e/support.ts";

const CLIENT = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };

const body = { plan: "us-7day", device_id: "phone-1" };

const logged: StackLogEvent[] = [];
/** What our own `fetch` sends, as its channel shows it: the supplier's simulator keeps no headers. */
const sent: { readonly path: string; readonly headers: string }[] = [];
const requestSchema = v.object({ request: v.object({ path: v.string(), headers: v.unknown() }) });
const onRequest = (message: unknown) => {
  const { request } = v.parse(requestSchema, message);
  sent.push({ path: request.path, headers: String(request.headers) });
};

let stack: Stack;
let payment: SignedPayment;
let esim: Esim;
let serverTiming: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 0, traces: true, log: (event) => logged.push(event) });
  const url = `${stack.url}/v1/esim/activate`;
  const init = activation(body);
  payment = await signFor(stack, url, init);
  logged.splice(0);
  diagnostics.subscribe("undici:request:create", onRequest);
  const traced = paid(payment, init);
  const headers = { ...traced.headers, traceparent: `00-${CLIENT.traceId}-${CLIENT.spanId}-01` };
  const response = await fetch(url, { ...traced, headers });
  diagnostics.unsubscribe("undici:request:create", onRequest);
  serverTiming = response.headers.get("server-timing") ?? "";
  esim = await esimOf(response);
});
afterAll(() => stack?.close());

const spans = (): readonly Span[] => stack.traces?.trace(CLIENT.traceId) ?? [];

function named(name: string): Span {
  const found = spans().find((span) => span.name === name);
  if (found === undefined) throw new Error(`no ${name} in\n${waterfall(spans())}`);
  return found;
}

test("the trace leads from the client's span over edge and origin to table and supplier", () => {
  const [gate, origin] = [named("edge gate"), named("origin")];
  expect(gate.parentId).toBe(CLIENT.spanId);
  expect(origin.parentId).toBe(gate.spanId);
  for (const name of ["edge verify", "edge settle"]) expect(named(name).parentId).toBe(gate.spanId);
  for (const name of ["table claim", "supplier order", "supplier profiles", "table save"]) {
    expect(named(name).parentId).toBe(origin.spanId);
  }
  expect(origin.attributes).toMatchObject({
    "http.response.status_code": 200,
    "url.path": "/v1/esim/activate",
  });
});

test("its spans follow each other as the work did, and none outlasts the client's wait", () => {
  const names = [
    "edge verify",
    "edge settle",
    "origin",
    "table claim",
    "supplier order",
    "supplier profiles",
  ];
  const starts = names.map((name) => named(name).startedAt);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
  for (const { startedAt, endedAt } of spans()) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
  expect(named("edge settle").endedAt).toBeLessThanOrEqual(named("edge gate").endedAt);
});

test("spans name the order and the outcome", () => {
  for (const name of ["edge gate", "edge settle", "origin", "table claim", "supplier order"]) {
    expect(named(name).attributes).toMatchObject({ "edge402.order": esim.order_id });
  }
  expect(named("table claim").attributes).toMatchObject({ "edge402.outcome": "claimed" });
  expect(named("supplier order").attributes).toMatchObject({ "edge402.outcome": "ordered" });
});

test("the supplier's requests are in the same trace, each under its own span", () => {
  const order = sent.find(({ path }) => path.endsWith("/esim/order"));
  const [, header = ""] = /traceparent[:,]\s*([0-9a-f-]+)/.exec(order?.headers ?? "") ?? [];
  expect(parseTraceparent(header)).toEqual({
    traceId: CLIENT.traceId,
    spanId: named("supplier order").spanId,
  });
});

test("the waterfall shows the purchase from top to bottom", () => {
  const rows = waterfall(spans())
    .split("\n")
    .map((row) => row.slice(0, 32).trimEnd());
  const expected = [
    "edge gate",
    "  edge verify",
    "  edge settle",
    "  origin",
    "    table claim",
    "    supplier order",
  ];
  expect(rows.filter((row) => expected.includes(row))).toEqual(expected);
});

test("every event of the purchase is in its trace and names its order, and the transaction once it is known", () => {
  const own = logged.filter((event) => event.trace_id === CLIENT.traceId);
  expect(own.map(({ at, event }) => `${at} ${event}`)).toEqual([
    "edge verification_started",
    "edge settlement_submitted",
    "edge payment_settled",
    "origin purchase_claimed",
    "origin purchase_moved",
    "origin purchase_moved",
    "origin content_returned",
  ]);
  for (const event of own) expect(event).toMatchObject({ order: esim.order_id });
  const { transaction } = esim.payment;
  for (const event of own.filter(({ event }) => /settled|moved|returned/.test(event))) {
    expect(event).toMatchObject({ transaction });
  }
  expect(own.at(-1)).toMatchObject({ status: 200 });
});

test("the client is told where the time went", () => {
  const names = serverTiming.split(", ").map((part) => part.split(";")[0]);
  expect(names).toEqual(expect.arrayContaining(["verify", "settle", "origin", "table", "supplier"]));
  expect(serverTiming).toMatch(/^(?:[a-z]+;dur=\d+(?:, )?)+$/);
});

test("who calls the origin without a grant makes up no spans of the edge's", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const { status } = await fetch(`${stack.originUrl}/v1/plans`, {
    headers: {
      traceparent: `00-${traceId}-${CLIENT.spanId}-01`,
      "x-edge402-span": `${CLIENT.spanId}-1700000000000-100`,
    },
  });
  expect(status).toBe(403);
  expect(stack.traces?.trace(traceId).map(({ name }) => name)).toEqual(["origin"]);
});

test("no span holds a signature, a key, a token or what was bought", async () => {
  await fetch(`${esim.qr_image}`);
  await fetch(esim.order_url, { headers: { authorization: `Bearer ${esim.access_token}` } });
  const text = JSON.stringify(stack.traces?.spans).toLowerCase();
  const { cdpKeySecret, supplierSecretKey, supplierAccessCode, payerKey, accessSecret } = stack.secrets;
  const token = new URL(esim.qr_image).searchParams.get("token") ?? "no token";
  const secrets = [
    payment.header,
    esim.access_token,
    esim.qr_code,
    esim.iccid,
    token,
    ...[cdpKeySecret, supplierSecretKey, supplierAccessCode, payerKey.slice(2), accessSecret.slice(2)],
  ];
  expect(text).toContain(esim.order_id);
  expect(secrets.filter((secret) => text.includes(secret.toLowerCase()))).toEqual([]);
});
