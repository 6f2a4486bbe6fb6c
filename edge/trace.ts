/** The edge's span: in the client's trace where there is one, and told to the origin in headers that no client can set. */

import { HEADER } from "../protocol/headers.ts";
import { continueTrace, formatEdgeSpan, formatTraceparent, parseTraceparent } from "../protocol/trace.ts";
import { type GateRequest, type GateResult, single } from "./http.ts";

export interface EdgeTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** The client's span, or null. */
  readonly parentId: string | null;
  /** Unix milliseconds. */
  readonly startedAt: number;
}

/** @param random `TRACE_RANDOM_BYTES` of them @param now Unix milliseconds */
export function beginTrace(headers: GateRequest["headers"], random: Uint8Array, now: number): EdgeTrace {
  const header = single(headers, HEADER.traceparent);
  const parent = typeof header === "string" ? parseTraceparent(header) : undefined;
  return { ...continueTrace(parent, random), parentId: parent?.spanId ?? null, startedAt: now };
}

/** A forwarded request with what its origin needs to go on with the trace; answers stay as they are. */
export function traced(result: GateResult, trace: EdgeTrace, now: number): GateResult {
  if (result.kind === "respond") return result;
  const { parentId, startedAt } = trace;
  return {
    ...result,
    setHeaders: {
      ...result.setHeaders,
      [HEADER.traceparent]: formatTraceparent(trace),
      [HEADER.edgeSpan]: formatEdgeSpan({ parentId, startedAt, duration: now - startedAt }),
    },
  };
}
