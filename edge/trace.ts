/** The edge's span: in the client's trace where there is one, and told to the origin in headers that no client can set. */

import { HEADER } from "../protocol/headers.ts";
import { lazily } from "../protocol/lazily.ts";
import {
  formatEdgeSpan,
  formatTraceparent,
  newId,
  parseTraceparent,
  SPAN_ID_BYTES,
  TRACE_ID_BYTES,
} from "../protocol/trace.ts";
import { type GateRequest, type GateResult, single } from "./http.ts";
import type { Ports } from "./ports.ts";

export interface EdgeTrace {
  /** Made when it is first told. */
  readonly traceId: () => string;
  /** The client's span, or null. */
  readonly parentId: string | null;
  /** Unix milliseconds. */
  readonly startedAt: number;
}

/** @param now Unix milliseconds */
export function beginTrace(
  headers: GateRequest["headers"],
  randomBytes: Ports["randomBytes"],
  now: number,
): EdgeTrace {
  const header = single(headers, HEADER.traceparent);
  const parent = typeof header === "string" ? parseTraceparent(header) : undefined;
  const traceId = lazily(() => parent?.traceId ?? newId(randomBytes(TRACE_ID_BYTES)));
  return { traceId, parentId: parent?.spanId ?? null, startedAt: now };
}

/** A forwarded request with what its origin needs to go on with the trace; answers stay as they are. */
export function traced(
  result: GateResult,
  { traceId, parentId, startedAt }: EdgeTrace,
  { randomBytes, now }: Pick<Ports, "randomBytes" | "now">,
): GateResult {
  if (result.kind === "respond") return result;
  const spanId = newId(randomBytes(SPAN_ID_BYTES));
  return {
    ...result,
    setHeaders: {
      ...result.setHeaders,
      [HEADER.traceparent]: formatTraceparent({ traceId: traceId(), spanId }),
      [HEADER.edgeSpan]: formatEdgeSpan({ parentId, startedAt, duration: now() - startedAt }),
    },
  };
}
