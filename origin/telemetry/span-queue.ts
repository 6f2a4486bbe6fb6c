/**
 * Keeps ended spans until somebody flushes, and sends them to the collector. A collector that is slow, dead or wrong
 * costs a purchase half a second at most, and is an event once a minute.
 */

import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { TracedOriginEvent } from "../log.ts";

/** What one flush may take, and one export. Milliseconds. */
const FLUSH_WITHIN_MS = 500;

/** Spans waiting for a flush. What comes on top is dropped. */
const MAX_WAITING = 2_048;

/** From one word about a failing collector to the next. Milliseconds. */
const COMPLAIN_EVERY_MS = 60_000;

/** What the SDK's exporters call back with after an export that went through. */
const SUCCESS = 0;

export interface SpanQueue extends SpanProcessor {
  /** Sends what has ended, and returns when that is done or took too long. Never throws. */
  flush(): Promise<void>;
}

/** @param otlpUrl without `/v1/traces` */
export function createSpanQueue(otlpUrl: string, log: (event: TracedOriginEvent) => void): SpanQueue {
  const exporter = new OTLPTraceExporter({
    url: `${otlpUrl.replace(/\/+$/, "")}/v1/traces`,
    timeoutMillis: FLUSH_WITHIN_MS,
    // A connection that was kept through a freeze is dead, and nobody notices before the answer fails to come.
    httpAgentOptions: { keepAlive: false },
  });
  const waiting: ReadableSpan[] = [];
  let complainAt = 0;

  function complain(error: string): void {
    const now = Date.now();
    if (now < complainAt) return;
    complainAt = now + COMPLAIN_EVERY_MS;
    log({ event: "trace_export_failed", error });
  }

  function send(spans: ReadableSpan[]): Promise<void> {
    return new Promise((resolve) => {
      exporter.export(spans, ({ code, error }) => {
        if (code !== SUCCESS) complain(error?.name ?? "unknown");
        resolve();
      });
    });
  }

  async function flush(): Promise<void> {
    const spans = waiting.splice(0);
    if (spans.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        complain("Timeout");
        resolve();
      }, FLUSH_WITHIN_MS);
    });
    await Promise.race([send(spans), late]);
    clearTimeout(timer);
  }

  return {
    flush,
    forceFlush: flush,
    onStart: () => {},
    onEnd: (span) => {
      if (waiting.length < MAX_WAITING) waiting.push(span);
    },
    async shutdown() {
      await flush();
      await exporter.shutdown();
    },
  };
}
