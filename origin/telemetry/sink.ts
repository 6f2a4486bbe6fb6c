/**
 * The origin's sink: each event becomes one line of the Powertools logger, which leaves out what is null, and its metrics
 * lines of their own.
 */

import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { METRIC_NAMESPACE } from "../../protocol/edge-metrics.ts";
import type { MetricDatum } from "../../protocol/emf.ts";
import { metrics as definitions } from "../../protocol/metrics.ts";
import type { OriginLogEvent, TracedOriginEvent } from "../log.ts";
import { originMetrics } from "./metrics.ts";

/** The fields that every line has at the edge, too, under the same names. */
class EventFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, event: LogAttributes): LogItem {
    const { logLevel, message, timestamp, serviceName } = attributes;
    const item = new LogItem({
      attributes: {
        level: logLevel.toLowerCase(),
        event: message,
        at: timestamp.toISOString(),
        service: serviceName,
      },
    });
    return item.addAttributes(event);
  }
}

/** @param options `service`: the value of `service`, and of the metrics' dimension `Service` */
export function createOriginSink({
  service,
}: {
  readonly service: string;
}): (event: TracedOriginEvent) => void {
  const logger = new Logger({
    serviceName: service,
    logLevel: "INFO",
    logFormatter: new EventFormatter(),
  });
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: service });
  // Powertools would add `service` to ours, and no alarm looks for that.
  metrics.clearDefaultDimensions();
  return (traced) => {
    const { event, ...fields } = traced;
    logger[levels[event]](event, fields);
    for (const datum of originMetrics(traced)) writeMetric(metrics, service, datum);
  };
}

function writeMetric(metrics: Metrics, service: string, { name, value, dimensions }: MetricDatum): void {
  metrics.addDimensions({ Service: service, ...dimensions });
  metrics.addMetric(name, definitions[name].unit, value);
  metrics.publishStoredMetrics();
}

/** `error` is for what only we can mend, `warn` for what others did and we have to live with. */
const levels: Readonly<Record<OriginLogEvent["event"], "info" | "warn" | "error">> = {
  request_refused: "info",
  purchase_claimed: "info",
  purchase_replayed: "info",
  purchase_moved: "info",
  content_returned: "info",
  settlement_submitted: "info",
  refund_submitted: "info",
  refund_lost: "error",
  release_refused: "warn",
  settlement_retried: "info",
  supplier_failed: "warn",
  transfer_unmatched: "warn",
  payment_landed_late: "warn",
  payment_unclaimed: "warn",
  hand_over_failed: "warn",
  item_unreadable: "error",
  sweep_failed: "error",
  refund_wallet_seen: "info",
  supplier_balance_seen: "info",
  unfinished_seen: "info",
  esim_suspended: "info",
  esim_resumed: "info",
  pool_refilled: "info",
  pool_returned: "info",
  pool_retired: "info",
  pool_level_seen: "info",
  pool_failed: "warn",
  usage_unavailable: "warn",
  usage_refused: "warn",
  esim_disputed: "warn",
  suspension_failed: "warn",
  allotment_drawn: "info",
  allotment_closed: "info",
  webhook_sent: "info",
  webhook_failed: "warn",
  webhook_received: "info",
  webhook_refused: "warn",
  watch_failed: "warn",
  trace_export_failed: "warn",
  internal_error: "error",
};
