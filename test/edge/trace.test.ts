/** Trace context at CloudFront: whose trace a request is in, what the origin is told of it, and what a client can't forge. */

import { expect, test } from "vitest";
import type { TracedLogEvent } from "../../edge/log.ts";
import { createViewerRequest } from "../../edge/viewer-request.ts";
import { parseEdgeSpan, parseTraceparent } from "../../protocol/trace.ts";
import { localSecrets } from "../../scripts/local/stack/secrets.ts";
import { buildConfig } from "../builders/config.ts";
import { hmacKey } from "../builders/keys.ts";
import { edgeFunction, send, setUp } from "../local/cloudfront/support.ts";

const CLIENT = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const FORGED = "0af7651916cd43dd8448eb211c80319c";

/** The gateway over a free port each, in front of an origin that records. */
async function open() {
  const { cdpKeyId, cdpKeySecret } = localSecrets(undefined);
  const secrets = { cdpKeyId, cdpKeySecret, invoiceKeys: [hmacKey(4)], grantKeys: [hmacKey(5)] };
  const lines: TracedLogEvent[] = [];
  const handler = createViewerRequest(buildConfig(), secrets, (event, traceId) =>
    lines.push({ ...event, trace_id: traceId() }),
  );
  const { edge, behind } = await setUp({ behavior: edgeFunction(handler) });
  return { url: edge.url, edge, behind, lines };
}

/** What reaches the origin of a free request with these headers. */
async function forwarded(headers: Readonly<Record<string, string>>) {
  const { url, edge, behind } = await open();
  await send(url, "/v1/plans", { headers });
  expect(edge.violations).toEqual([]);
  return behind.only().headers;
}

test("a request in a client's trace stays in it, as a span of the edge's own", async () => {
  const received = await forwarded({ traceparent: `00-${CLIENT.traceId}-${CLIENT.spanId}-00` });
  const own = parseTraceparent(String(received["traceparent"]));
  expect(own?.traceId).toBe(CLIENT.traceId);
  expect(own?.spanId).not.toBe(CLIENT.spanId);
  expect(String(received["traceparent"])).toMatch(/-01$/);
  expect(parseEdgeSpan(String(received["x-edge402-span"]))?.parentId).toBe(CLIENT.spanId);
});

test.each([
  ["no trace", {}],
  ["a malformed one", { traceparent: `00-${CLIENT.traceId}-xyz-01` }],
  ["one of a later version", { traceparent: `cc-${CLIENT.traceId}-${CLIENT.spanId}-01` }],
])("a request with %s begins one", async (_, headers) => {
  const received = await forwarded(headers);
  const own = parseTraceparent(String(received["traceparent"]));
  expect(own).toBeDefined();
  expect(own?.traceId).not.toBe(CLIENT.traceId);
  const span = parseEdgeSpan(String(received["x-edge402-span"]));
  expect(span?.parentId).toBeNull();
  expect(Math.abs((span?.startedAt ?? 0) - Date.now())).toBeLessThan(10_000);
});

test("two requests without a trace are in two", async () => {
  const [one, two] = [await forwarded({}), await forwarded({})];
  expect(one["traceparent"]).not.toBe(two["traceparent"]);
});

test("a client can set neither the edge's own headers nor notes for other systems", async () => {
  const received = await forwarded({
    "X-Edge402-Span": `${CLIENT.spanId}-1700000000000-59999`,
    "x-edge402-grant": "forged",
    TraceParent: `00-${FORGED}-${CLIENT.spanId}-01`,
    tracestate: "vendor=secret",
  });
  expect(received).not.toHaveProperty("tracestate");
  expect(String(received["x-edge402-span"])).not.toContain("59999");
  expect(String(received["x-edge402-grant"])).not.toContain("forged");
  expect(String(received["traceparent"]).split(",")).toHaveLength(1);
  expect(parseTraceparent(String(received["traceparent"]))?.spanId).not.toBe(CLIENT.spanId);
});

test("every line of a request's log names its trace", async () => {
  const { url, lines } = await open();
  await send(url, "/report", {
    headers: { traceparent: `00-${CLIENT.traceId}-${CLIENT.spanId}-01` },
  });
  await send(url, "/nothing");
  expect(lines.map(({ event }) => event)).toEqual(["challenge_issued", "request_refused"]);
  expect(lines[0]?.trace_id).toBe(CLIENT.traceId);
  expect(lines[1]?.trace_id).toMatch(/^(?!4bf92f)[0-9a-f]{32}$/);
});
