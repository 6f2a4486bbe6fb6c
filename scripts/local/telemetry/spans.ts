/** Spans as OTLP's JSON encoding has them, read into what a person looks at. */

import * as v from "valibot";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Null where the trace begins. */
  readonly parentId: string | null;
  readonly name: string;
  /** Unix milliseconds, with parts. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

const nanoseconds = v.pipe(
  v.string(),
  v.regex(/^[0-9]{1,20}$/),
  v.transform((digits) => Number(BigInt(digits) / 1_000n) / 1_000),
);

const attributeSchema = v.object({
  key: v.string(),
  value: v.union([
    v.pipe(
      v.object({ stringValue: v.string() }),
      v.transform(({ stringValue }) => stringValue),
    ),
    v.pipe(
      v.object({ intValue: v.union([v.number(), v.string()]) }),
      v.transform(({ intValue }) => Number(intValue)),
    ),
    v.pipe(
      v.object({ doubleValue: v.number() }),
      v.transform(({ doubleValue }) => doubleValue),
    ),
  ]),
});

/** Of a span's status. */
const ERROR = 2;

const spanSchema = v.pipe(
  v.object({
    traceId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
    spanId: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
    parentSpanId: v.optional(v.string(), ""),
    name: v.string(),
    startTimeUnixNano: nanoseconds,
    endTimeUnixNano: nanoseconds,
    attributes: v.optional(v.array(attributeSchema), []),
    status: v.optional(v.object({ code: v.optional(v.number(), 0) }), {}),
  }),
  v.transform(
    (span): Span => ({
      traceId: span.traceId,
      spanId: span.spanId,
      parentId: span.parentSpanId === "" ? null : span.parentSpanId,
      name: span.name,
      startedAt: span.startTimeUnixNano,
      endedAt: span.endTimeUnixNano,
      isError: span.status.code === ERROR,
      attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, value])),
    }),
  ),
);

const requestSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    resourceSpans: v.array(v.object({ scopeSpans: v.array(v.object({ spans: v.array(spanSchema) })) })),
  }),
);

/** Undefined for a body that is no export of spans. */
export function parseSpans(body: string): readonly Span[] | undefined {
  const parsed = v.safeParse(requestSchema, body);
  if (!parsed.success) return undefined;
  return parsed.output.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}
