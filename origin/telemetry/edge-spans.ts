/** The edge's own spans. It has no time to send them anywhere, so the origin does, from what it is told. */

import type { GrantedPayment } from "../../protocol/grant.ts";
import { HEADER } from "../../protocol/headers.ts";
import { parseEdgeSpan, parseTraceparent } from "../../protocol/trace.ts";
import type { Attributes, ForeignSpan, Telemetry } from "./telemetry.ts";

/**
 * Reports what the edge did. Only for a request with a valid grant: whoever knows the origin's URL can send the header.
 *
 * @param timings of the grant: the edge settles last, right after verifying, so where they lie follows from its end
 */
export function reportEdge(
  headers: Readonly<Record<string, string | undefined>>,
  timings: GrantedPayment["timings"],
  attributes: Attributes,
  telemetry: Telemetry,
): void {
  const edge = parseTraceparent(headers[HEADER.traceparent] ?? "");
  const span = parseEdgeSpan(headers[HEADER.edgeSpan] ?? "");
  if (edge === undefined || span === undefined) return;
  const { traceId, spanId } = edge;
  const { startedAt, duration, parentId } = span;
  const endedAt = startedAt + duration;
  const settleAt = endedAt - (timings.settle ?? 0);
  const call = (name: string, from: number, to: number): ForeignSpan => ({
    name,
    kind: "client",
    traceId,
    parentId: spanId,
    startedAt: Math.max(startedAt, from),
    endedAt: to,
    attributes,
  });
  telemetry.report({
    name: "edge gate",
    kind: "server",
    traceId,
    spanId,
    parentId,
    startedAt,
    endedAt,
    attributes,
  });
  if (timings.verify !== undefined) {
    telemetry.report(call("edge verify", settleAt - timings.verify, settleAt));
  }
  if (timings.settle !== undefined) telemetry.report(call("edge settle", settleAt, endedAt));
}
