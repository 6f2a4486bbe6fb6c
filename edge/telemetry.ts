/**
 * The edge's sink: each event becomes one line of JSON, and the metrics that it counts for ride in the same line. No
 * library: what is loaded here is paid for at every cold start.
 */

import { count, type EdgeMetricDatum, embeddedMetrics } from "../protocol/emf.ts";
import { isoTime } from "../protocol/iso-time.ts";
import type { LogEvent, TracedLog } from "./log.ts";

export interface EdgeSinkOptions {
  /** The value of `service`, and of the metrics' dimension `Service`. */
  readonly service: string;
  /** Takes whole lines. */
  readonly write: (lines: string) => void;
  /** Calls back once the request has been answered. */
  readonly afterAnswer: (callback: () => void) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Whatever happens next, these are out before it does, and all that came before them. */
const urgent: readonly LogEvent["event"][] = [
  "verification_started",
  "settlement_submitted",
  "internal_error",
];

/** Events. */
const MAX_WAITING = 32;

interface Waiting {
  readonly event: LogEvent;
  readonly traceId: () => string;
  readonly at: number;
}

/**
 * Lines come out in the order of the events. Nothing follows most of them but the answer, so they are put together and
 * written after it: the payer need not wait for that, and it takes a cold process longer than to name a price.
 */
export function createEdgeSink({ service, write, afterAnswer, now }: EdgeSinkOptions): TracedLog {
  let waiting: Waiting[] = [];
  let isDue = false;
  const quoted = JSON.stringify(service);

  function line({ event, traceId, at }: Waiting): string {
    const head = `"level":"${levels[event.event]}","at":"${isoTime(at)}","service":${quoted}`;
    const data = edgeMetrics(event);
    const tail = data.length === 0 ? "" : `,${embeddedMetrics(data, service, at)}`;
    return `{${head},"trace_id":"${traceId()}",${JSON.stringify(event).slice(1, -1)}${tail}}\n`;
  }

  function flush(): void {
    isDue = false;
    if (waiting.length === 0) return;
    const lines = waiting.map(line).join("");
    waiting = [];
    write(lines);
  }

  return (event, traceId) => {
    waiting.push({ event, traceId, at: now() });
    if (urgent.includes(event.event) || waiting.length === MAX_WAITING) {
      flush();
    } else if (!isDue) {
      isDue = true;
      afterAnswer(flush);
    }
  };
}

/** What an event counts for; pure. */
export function edgeMetrics(event: LogEvent): readonly EdgeMetricDatum[] {
  switch (event.event) {
    case "challenge_issued":
      return [count("Challenges", {})];
    case "payment_settled": {
      const { ms, chain } = event;
      return [payment("settled"), { name: "SettleLatency", value: ms, dimensions: { Chain: chain } }];
    }
    case "settlement_unknown":
      return [payment("unknown"), count("UnknownOutcomes", { Chain: event.chain })];
    case "payment_verified":
      return [payment("verified")];
    case "payment_deferred":
      return [payment("deferred")];
    case "payment_spent":
      return [payment("spent")];
    case "payment_looked_up":
      return [payment("looked_up")];
    case "payment_refused":
      return [payment("refused")];
    case "facilitator_unavailable":
      return [payment("unavailable")];
    case "grant_refused":
    case "internal_error":
      return [count("EdgeErrors", {})];
    case "request_refused":
    case "quote_given":
    case "verification_started":
    case "settlement_submitted":
    case "origin_declined":
    case "content_returned":
    case "proof_forwarded":
      return [];
  }
}

function payment(outcome: string) {
  return count("Payments", { Outcome: outcome });
}

/** `error` is for what only we can mend, `warn` for what others did and we have to live with. */
const levels: Readonly<Record<LogEvent["event"], "info" | "warn" | "error">> = {
  request_refused: "info",
  challenge_issued: "info",
  quote_given: "info",
  payment_refused: "info",
  verification_started: "info",
  facilitator_unavailable: "warn",
  settlement_submitted: "info",
  payment_settled: "info",
  settlement_unknown: "warn",
  payment_verified: "info",
  payment_deferred: "info",
  payment_spent: "info",
  payment_looked_up: "info",
  origin_declined: "info",
  content_returned: "info",
  grant_refused: "error",
  proof_forwarded: "info",
  internal_error: "error",
};
