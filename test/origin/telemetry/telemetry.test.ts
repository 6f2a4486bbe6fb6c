/** The origin's traces: which span is under which, what the collector gets, and that a bad collector hurts nobody. */

import { createServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TracedOriginEvent } from "../../../origin/log.ts";
import { reportEdge } from "../../../origin/telemetry/edge-spans.ts";
import { type Call, createTelemetry } from "../../../origin/telemetry/telemetry.ts";
import { formatEdgeSpan, formatTraceparent } from "../../../protocol/trace.ts";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { startTraceReceiver, type TraceReceiver } from "../../../scripts/local/telemetry/receiver.ts";
import type { Span } from "../../../scripts/local/telemetry/spans.ts";

const EDGE = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };

const open: (TraceReceiver | Listening)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function collector(): Promise<TraceReceiver> {
  const receiver = await startTraceReceiver();
  open.push(receiver);
  return receiver;
}

const call = (what: string): Call<string> => ({
  to: "table",
  what,
  attributes: { "edge402.order": "ord_1" },
  outcome: (answer) => answer,
});

const job = { name: "origin", kind: "server", parent: EDGE } as const;

function named(spans: readonly Span[], name: string): Span {
  const [span, ...others] = spans.filter((candidate) => candidate.name === name);
  if (span === undefined || others.length > 0) throw new Error(`there is one ${name}`);
  return span;
}

describe("a job", () => {
  test("is a span under its parent, and its calls are under it, each with its outcome", async () => {
    const { url, spans } = await collector();
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url });
    await telemetry.run({ ...job, describe: (status: number) => ({ status }) }, async () => {
      await telemetry.call(call("claim"), async () => "claimed");
      return 200;
    });
    const [root, claim] = [named(spans, "origin"), named(spans, "table claim")];
    expect(root).toMatchObject({ traceId: EDGE.traceId, parentId: EDGE.spanId, attributes: { status: 200 } });
    expect(claim).toMatchObject({
      traceId: EDGE.traceId,
      parentId: root.spanId,
      isError: false,
      attributes: { "edge402.order": "ord_1", "edge402.outcome": "claimed" },
    });
  });

  test("without a parent begins a trace, and two at once stay apart", async () => {
    const { url, spans } = await collector();
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url });
    const work = (name: string) =>
      telemetry.run({ name, kind: "internal" }, async () => {
        await telemetry.call(call(name), async () => "done");
        return telemetry.traceId();
      });
    const [one, two] = await Promise.all([work("one"), work("two")]);
    expect(one).not.toBe(two);
    expect(named(spans, "table one").traceId).toBe(one);
    expect(named(spans, "table two").traceId).toBe(two);
  });

  test("that fails says how by the error's name, and the error goes on", async () => {
    const { url, spans } = await collector();
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url });
    const fails = telemetry.run(job, () =>
      telemetry.call(call("get"), async () => {
        throw new RangeError("the secret is hunter2");
      }),
    );
    await expect(fails).rejects.toThrow("hunter2");
    expect(spans.map(({ isError }) => isError)).toEqual([true, true]);
    expect(JSON.stringify(spans)).not.toContain("hunter2");
  });

  test("adds up what it waited for", async () => {
    const telemetry = createTelemetry({ service: "shop" });
    const totals = await telemetry.run(job, async () => {
      for (let time = 0; time < 2; time++) {
        await telemetry.call(call("get"), () => new Promise((resolve) => setTimeout(resolve, 15, "got")));
      }
      return telemetry.totals();
    });
    expect(totals.table).toBeGreaterThan(25);
    expect(Object.keys(totals)).toEqual(["table"]);
    expect(telemetry.totals()).toEqual({});
  });
});

describe("what goes on elsewhere", () => {
  test("names the span that it is under, also where nothing is collected", async () => {
    const telemetry = createTelemetry({ service: "shop" });
    expect([telemetry.traceId(), telemetry.traceparent()]).toEqual([null, undefined]);
    await telemetry.run(job, async () => {
      const outer = telemetry.traceparent();
      const inner = await telemetry.call(call("order"), async () => telemetry.traceparent() ?? "");
      expect(outer).toMatch(new RegExp(`^00-${EDGE.traceId}-[0-9a-f]{16}-01$`));
      expect(inner).toMatch(new RegExp(`^00-${EDGE.traceId}-[0-9a-f]{16}-01$`));
      expect(inner).not.toBe(outer);
    });
  });
});

describe("the edge's spans", () => {
  const headers = {
    traceparent: formatTraceparent(EDGE),
    "x-edge402-span": formatEdgeSpan({
      startedAt: 1_700_000_000_000,
      duration: 900,
      parentId: "a".repeat(16),
    }),
  };

  test("are reported under the ids that the edge gave them, settling last", async () => {
    const { url, spans } = await collector();
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url });
    const attributes = { "edge402.order": "ord_1" };
    await telemetry.run(job, async () =>
      reportEdge(headers, { verify: 200, settle: 600 }, attributes, telemetry),
    );
    const [gate, verify, settle] = ["edge gate", "edge verify", "edge settle"].map((name) =>
      named(spans, name),
    );
    expect(gate).toMatchObject({
      ...EDGE,
      parentId: "a".repeat(16),
      startedAt: 1_700_000_000_000,
      endedAt: 1_700_000_000_900,
      attributes,
    });
    expect(verify).toMatchObject({ parentId: EDGE.spanId, startedAt: 1_700_000_000_100 });
    expect(settle).toMatchObject({ startedAt: 1_700_000_000_300, endedAt: 1_700_000_000_900 });
    expect(named(spans, "origin").parentId).toBe(gate?.spanId);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
  });

  test("begin the trace where the client had none", async () => {
    const { url, spans } = await collector();
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url });
    const own = formatEdgeSpan({ startedAt: 1_700_000_000_000, duration: 5, parentId: null });
    await telemetry.run(job, async () =>
      reportEdge({ ...headers, "x-edge402-span": own }, {}, {}, telemetry),
    );
    expect(named(spans, "edge gate")).toMatchObject({ ...EDGE, parentId: null });
  });

  test.each([
    ["no trace", { "x-edge402-span": headers["x-edge402-span"] }],
    ["no span", { traceparent: headers.traceparent }],
    ["a span that can't be read", { ...headers, "x-edge402-span": "1-2-3" }],
  ])("are not made up from %s", async (_, told) => {
    const { url, spans } = await collector();
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url });
    await telemetry.run(job, async () => reportEdge(told, { settle: 1 }, {}, telemetry));
    expect(spans.map(({ name }) => name)).toEqual(["origin"]);
  });
});

describe("a collector", () => {
  async function serve(answer: Parameters<typeof createServer>[1]) {
    const listening = await listen(createServer(answer), "a collector");
    open.push(listening);
    return listening.url;
  }

  /** How long a job took that had nothing to do, and what was logged. */
  async function runWith(otlpUrl: string, jobs = 1) {
    const logged: TracedOriginEvent[] = [];
    const telemetry = createTelemetry({ service: "shop", otlpUrl, log: (event) => logged.push(event) });
    const started = performance.now();
    for (let time = 0; time < jobs; time++) expect(await telemetry.run(job, async () => "done")).toBe("done");
    return { ms: performance.now() - started, logged };
  }

  test("that never answers holds a job up for half a second at most", async () => {
    const { ms, logged } = await runWith(await serve(() => {}));
    expect(ms).toBeLessThan(1_500);
    expect(logged).toMatchObject([{ event: "trace_export_failed" }]);
  });

  test.each([400, 404, 500, 503])("that answers %i is an event, and nothing else", async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end("about the secret hunter2"));
    const { logged } = await runWith(url);
    expect(logged).toMatchObject([{ event: "trace_export_failed", error: expect.any(String) }]);
    expect(JSON.stringify(logged)).not.toContain("hunter2");
  });

  test("that is not there is one event for many jobs", async () => {
    const gone = await listen(createServer(), "nobody");
    await gone.close();
    const { logged } = await runWith(gone.url, 3);
    expect(logged).toHaveLength(1);
  });

  test("is complained about again after a minute", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const url = await serve((_, response) => response.writeHead(400).end());
    const logged: TracedOriginEvent[] = [];
    const telemetry = createTelemetry({ service: "shop", otlpUrl: url, log: (event) => logged.push(event) });
    const lengths: number[] = [];
    for (const pause of [0, 59_000, 1_000]) {
      vi.setSystemTime(Date.now() + pause);
      await telemetry.run(job, async () => "done");
      lengths.push(logged.length);
    }
    expect(lengths).toEqual([1, 1, 2]);
  });
});
