/**
 * W3C Trace Context: one trace id from the client's call through the edge and the origin to the supplier.
 *
 * What is not exactly a `traceparent` of version 00 is none, and a trace of our own begins. Nothing is ever decided by
 * a trace: anybody can send any trace id.
 */

import { bytesToHex } from "./hex.ts";

/** One span, and the trace that it is in. */
export interface TraceContext {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly spanId: string;
}

/** What new ids are made of. */
export const TRACE_ID_BYTES = 16;
export const SPAN_ID_BYTES = 8;

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

export function parseTraceparent(header: string): TraceContext | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(header) ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

/** Always sampled: whether a sale shows in the merchant's traces is not for its buyer to choose. */
export function formatTraceparent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** The id of a new trace, or span. All zero means "no id" on the wire. @param random as many bytes as it has */
export function newId(random: Uint8Array): string {
  const id = bytesToHex(random).slice(2);
  return id === "0".repeat(id.length) ? `${id.slice(1)}1` : id;
}

/** What the edge did with a request, for the origin to report: the edge itself has no time to send spans anywhere. */
export interface EdgeSpan {
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Milliseconds. */
  readonly duration: number;
  /** The client's span, or null. */
  readonly parentId: string | null;
}

/** Far more than the edge may take. Milliseconds. */
const MAX_EDGE_MS = 60_000;

const NO_PARENT = "0".repeat(16);
const EDGE_SPAN = /^([0-9a-f]{16})-([1-9][0-9]{12})-(0|[1-9][0-9]{0,4})$/;

export function formatEdgeSpan({ startedAt, duration, parentId }: EdgeSpan): string {
  const whole = Math.min(MAX_EDGE_MS, Math.max(0, Math.round(duration)));
  return `${parentId ?? NO_PARENT}-${Math.round(startedAt)}-${whole}`;
}

export function parseEdgeSpan(header: string): EdgeSpan | undefined {
  const [, parentId, startedAt, duration] = EDGE_SPAN.exec(header) ?? [];
  if (parentId === undefined || Number(duration) > MAX_EDGE_MS) return undefined;
  return {
    startedAt: Number(startedAt),
    duration: Number(duration),
    parentId: parentId === NO_PARENT ? null : parentId,
  };
}
