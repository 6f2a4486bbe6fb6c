/** The dashboard: five rows, from money to queues. It shows what alarms watch, and the regions that alarms can't. */

import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  PeriodOverride,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { type MetricDefinition, metricsOfEdge } from "../../protocol/edge-metrics.ts";
import type { Merchant } from "../../protocol/merchant.ts";
import { type MetricName, metrics } from "../../protocol/metrics.ts";
import { EDGE_REGIONS } from "./edge-regions.ts";
import { everySeries, ownMetric } from "./own-metric.ts";
import {
  apiMetric,
  distributionMetric,
  functionMetric,
  queueMetric,
  replicaMetric,
  tableMetric,
  type WatchedEdge,
  type WatchedOrigin,
  webAclMetric,
} from "./watched.ts";

const PERIOD = Duration.minutes(5);
/** Of 24 columns. */
const THIRD = 8;
const HEIGHT = 6;
const FULL = 24;
const HEADING_HEIGHT = 1;

export interface DashboardProps {
  readonly merchant: Merchant;
  readonly origin: WatchedOrigin;
  readonly edge: WatchedEdge;
  readonly alarms: readonly Alarm[];
}

export function addDashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { merchant, alarms } = props;
  const dashboard = new Dashboard(scope, id, {
    dashboardName: merchant.deployment.name,
    periodOverride: PeriodOverride.INHERIT,
  });
  dashboard.addWidgets(
    new AlarmStatusWidget({ title: "Alarms at the origin", width: FULL, alarms: [...alarms] }),
  );
  for (const [heading, widgets] of rows(props)) {
    dashboard.addWidgets(new TextWidget({ markdown: `## ${heading}`, width: FULL, height: HEADING_HEIGHT }));
    dashboard.addWidgets(...widgets);
  }
  return dashboard;
}

function rows({
  merchant,
  origin,
  edge,
}: DashboardProps): readonly (readonly [string, readonly IWidget[]])[] {
  const own = ownWidget(merchant.config.serviceName);
  return [
    [
      "Money",
      [
        own("Challenges", "Sum"),
        own("Payments", "Sum"),
        own("Purchases", "Sum"),
        own("Refunds", "Sum"),
        own("RefundWallet", "Minimum"),
        own("SupplierBalance", "Minimum"),
        own("UnmatchedTransfers", "Sum"),
        own("Disputes", "Sum"),
        own("RefusedUsageRecords", "Sum"),
      ],
    ],
    [
      "Time",
      [
        own("SettleLatency", "p50", "p95"),
        own("ProvisioningLatency", "p50", "p95"),
        graph("The API's answers, ms", [
          apiMetric(origin.apiId, "Latency", { statistic: "p50", period: PERIOD, label: "p50" }),
          apiMetric(origin.apiId, "Latency", { statistic: "p95", period: PERIOD, label: "p95" }),
        ]),
      ],
    ],
    ["Edge. What the gateway measures is in the region next to each edge location", edgeWidgets(own, edge)],
    ["Origin", originWidgets(own, origin)],
    ["Queues", queueWidgets(origin)],
  ];
}

type OwnWidget = (name: MetricName, ...statistics: readonly string[]) => GraphWidget;

/** What the edge writes is looked for in every region; what the origin writes is in the dashboard's. */
function ownWidget(service: string): OwnWidget {
  return (name, ...statistics) => {
    const { title, dimensions }: MetricDefinition = metrics[name];
    const series = statistics.flatMap((statistic) => {
      const prefix = statistics.length === 1 ? "" : statistic;
      if (Object.hasOwn(metricsOfEdge, name)) {
        return EDGE_REGIONS.map((region) =>
          everySeries(service, name, {
            statistic,
            period: PERIOD,
            region,
            label: `${region} ${prefix}`.trim(),
          }),
        );
      }
      const reading = { statistic, period: PERIOD, ...(prefix === "" ? {} : { label: prefix }) };
      return [
        dimensions.length === 0 ? ownMetric(service, name, {}, reading) : everySeries(service, name, reading),
      ];
    });
    return graph(title, series);
  };
}

function edgeWidgets(own: OwnWidget, edge: WatchedEdge): readonly IWidget[] {
  const sum = { statistic: "Sum", period: PERIOD } as const;
  return [
    own("UnknownOutcomes", "Sum"),
    own("EdgeErrors", "Sum"),
    graph("Requests", [
      distributionMetric(edge, "Requests", { ...sum, label: "requests" }),
      webAclMetric(edge, "BlockedRequests", { ...sum, label: "refused by AWS WAF" }),
    ]),
    graph("CloudFront's error answers, percent", [
      distributionMetric(edge, "4xxErrorRate", {
        statistic: "Average",
        period: PERIOD,
        label: "4xx, 402 among them",
      }),
      distributionMetric(edge, "5xxErrorRate", { statistic: "Average", period: PERIOD, label: "5xx" }),
    ]),
    graph("Faults of the gateway's function", [
      distributionMetric(edge, "LambdaExecutionError", { ...sum, label: "crashed" }),
      distributionMetric(edge, "LambdaValidationError", { ...sum, label: "answer refused" }),
      distributionMetric(edge, "LambdaLimitExceededErrors", { ...sum, label: "throttled" }),
    ]),
    graph(
      "The gateway's function, longest run, ms",
      EDGE_REGIONS.map((region) =>
        replicaMetric(edge, "Duration", region, { statistic: "Maximum", period: PERIOD, label: region }),
      ),
    ),
  ];
}

function originWidgets(
  own: OwnWidget,
  { functions, scheduled, table, apiId }: WatchedOrigin,
): readonly IWidget[] {
  const sum = { statistic: "Sum", period: PERIOD } as const;
  const handlers = [
    ...Object.entries(functions),
    ...Object.entries(scheduled).map(([name, { handler }]) => [name, handler] as const),
  ];
  const ofFunctions = (metric: "Errors" | "Throttles") =>
    handlers.map(([name, target]) =>
      functionMetric(target, metric, { ...sum, label: `${name} ${metric.toLowerCase()}` }),
    );
  return [
    own("OldestUnfinished", "Maximum"),
    own("SweepFailures", "Sum"),
    own("OriginErrors", "Sum"),
    own("SupplierFailures", "Sum"),
    own("PoolLevel", "Minimum"),
    graph("Functions", [...ofFunctions("Errors"), ...ofFunctions("Throttles")]),
    graph("Table", [
      tableMetric(table, "ThrottledRequests", { ...sum, label: "throttled" }),
      tableMetric(table, "SystemErrors", { ...sum, label: "errors" }),
    ]),
    graph("API", [
      apiMetric(apiId, "Count", { statistic: "SampleCount", period: PERIOD, label: "requests" }),
      apiMetric(apiId, "4xx", { ...sum, label: "4xx" }),
      apiMetric(apiId, "5xx", { ...sum, label: "5xx" }),
    ]),
  ];
}

function queueWidgets({ workQueue, workDeadLetters, scheduled }: WatchedOrigin): readonly IWidget[] {
  const visible = "ApproximateNumberOfMessagesVisible";
  const most = { statistic: "Maximum", period: PERIOD } as const;
  return [
    graph("Orders that wait", [queueMetric(workQueue, visible, { ...most, label: "waiting" })]),
    graph("Longest wait, s", [
      queueMetric(workQueue, "ApproximateAgeOfOldestMessage", { ...most, label: "age" }),
    ]),
    graph("Dead letters", [
      queueMetric(workDeadLetters, visible, { ...most, label: "worker" }),
      ...Object.entries(scheduled).map(([name, { deadLetters }]) =>
        queueMetric(deadLetters, visible, { ...most, label: name }),
      ),
    ]),
  ];
}

function graph(title: string, left: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...left], width: THIRD, height: HEIGHT });
}
