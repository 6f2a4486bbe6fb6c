/**
 * The origin's traces: a span for each piece of work and for each call to something outside, in the trace that the
 * edge's `traceparent` names. Where no collector is set up the ids still go around, into the log and to the supplier.
 */

import {
  type Context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BasicTracerProvider, RandomIdGenerator } from "@opentelemetry/sdk-trace-base";
import { formatTraceparent, type TraceContext } from "../../protocol/trace.ts";
import type { TracedOriginEvent } from "../log.ts";
import { createSpanQueue } from "./span-queue.ts";

export type Attributes = Readonly<Record<string, string | number>>;

/** What the origin calls. */
export type Backend = "table" | "chain" | "facilitator" | "supplier";

/** Milliseconds spent waiting for each; calls at the same time count each for itself. */
export type Totals = Readonly<Partial<Record<Backend, number>>>;

export interface Job<Answer> {
  readonly name: string;
  /** `server` answers a request, `consumer` takes a message, `internal` runs by itself. */
  readonly kind: "server" | "consumer" | "internal";
  /** Whose span this one is under. @default the span around it, else none: a new trace begins */
  readonly parent?: TraceContext | undefined;
  readonly attributes?: Attributes;
  readonly describe?: (answer: Answer) => Attributes;
}

export interface Call<Answer> {
  readonly to: Backend;
  readonly what: string;
  readonly attributes: Attributes;
  readonly outcome: (answer: Answer) => string;
}

/** A span that somebody else's code spent. */
export interface ForeignSpan {
  readonly name: string;
  readonly kind: "server" | "client";
  /** The trace, and the span's own id where others know it already. */
  readonly traceId: string;
  readonly spanId?: string;
  readonly parentId: string | null;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
}

export interface Telemetry {
  /**
   * Does a piece of work in a span. When it returns, spans are with the collector, or have been waited for long enough:
   * Lambda freezes whatever is still under way.
   */
  run<Answer>(job: Job<Answer>, work: () => Promise<Answer>): Promise<Answer>;
  /** Calls something outside, in a span. */
  call<Answer>(call: Call<Answer>, work: () => Promise<Answer>): Promise<Answer>;
  /** Adds to the span around the caller. */
  annotate(attributes: Attributes): void;
  report(span: ForeignSpan): void;
  /** Of the work in hand; null outside of any. */
  traceId(): string | null;
  /** The header by which the work in hand goes on elsewhere; undefined outside of any. */
  traceparent(): string | undefined;
  /** Of the work in hand so far. */
  totals(): Totals;
}

export interface TelemetryOptions {
  readonly service: string;
  /** Where spans go, OTLP over HTTP; `/v1/traces` is added. @default nowhere */
  readonly otlpUrl?: string | undefined;
  /** Told when the collector does not take them. */
  readonly log?: (event: TracedOriginEvent) => void;
}

/** Characters of an attribute: paths come from outside. */
const MAX_ATTRIBUTE = 256;

const kinds = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
} as const;

const TOTALS = createContextKey("edge402 totals");

export function createTelemetry({ service, otlpUrl, log = () => {} }: TelemetryOptions): Telemetry {
  const ids = createIds();
  const queue = otlpUrl === undefined ? null : createSpanQueue(otlpUrl, log);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE },
    spanProcessors: queue === null ? [] : [queue],
  });
  const tracer = provider.getTracer("edge402");
  // Of this object's own, not the process's: several origins may run in one.
  const contexts = new AsyncLocalStorageContextManager().enable();
  const spanContext = () => trace.getSpanContext(contexts.active());

  async function within<Answer>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    context: Context,
    work: () => Promise<Answer>,
    describe: (answer: Answer) => Attributes,
  ): Promise<Answer> {
    const span = tracer.startSpan(name, { kind, attributes }, context);
    try {
      const answer = await contexts.with(trace.setSpan(context, span), work);
      span.setAttributes(describe(answer));
      return answer;
    } catch (error) {
      // The name alone: messages may quote what was sent.
      const message = error instanceof Error ? error.name : "unknown";
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  }

  return {
    async run({ name, kind, parent, attributes = {}, describe = () => ({}) }, work) {
      const around = parent === undefined ? contexts.active() : under(parent);
      const context = around.setValue(TOTALS, new Map<Backend, number>());
      try {
        return await within(name, kinds[kind], attributes, context, work, describe);
      } finally {
        await queue?.flush();
      }
    },
    async call({ to, what, attributes, outcome }, work) {
      const started = performance.now();
      const context = contexts.active();
      try {
        return await within(`${to} ${what}`, kinds.client, attributes, context, work, (answer) => ({
          "edge402.outcome": outcome(answer),
        }));
      } finally {
        const totals = totalsIn(context);
        totals.set(to, (totals.get(to) ?? 0) + performance.now() - started);
      }
    },
    annotate: (attributes) => trace.getSpan(contexts.active())?.setAttributes(attributes),
    report({ name, kind, traceId, spanId, parentId, startedAt, endedAt, attributes }) {
      const context = parentId === null ? ROOT_CONTEXT : under({ traceId, spanId: parentId });
      const options = { kind: kinds[kind], attributes, startTime: startedAt };
      ids.use({ traceId, spanId }, () => tracer.startSpan(name, options, context)).end(endedAt);
    },
    traceId: () => spanContext()?.traceId ?? null,
    traceparent() {
      const span = spanContext();
      return span === undefined ? undefined : formatTraceparent(span);
    },
    totals: () => Object.fromEntries(totalsIn(contexts.active())),
  };
}

function under({ traceId, spanId }: TraceContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
}

function totalsIn(context: Context): Map<string, number> {
  const totals = context.getValue(TOTALS);
  return totals instanceof Map ? totals : new Map();
}

/** Random ids, but for a span that has its ids already. */
function createIds() {
  const random = new RandomIdGenerator();
  let given: { readonly traceId?: string; readonly spanId?: string | undefined } = {};
  return {
    generateTraceId: () => given.traceId ?? random.generateTraceId(),
    generateSpanId: () => given.spanId ?? random.generateSpanId(),
    /** Spans start synchronously, so no other one can take the ids. */
    use<Started>(idsOfNext: typeof given, start: () => Started): Started {
      given = idsOfNext;
      try {
        return start();
      } finally {
        given = {};
      }
    },
  };
}
