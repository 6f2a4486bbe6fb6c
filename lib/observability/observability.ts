/** What tells the operator: alarms and the dashboard in the origin's region, and alarms at the edge in us-east-1. */

import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import { addAlarm } from "./add-alarm.ts";
import { alarmsAtEdge, alarmsAtOrigin } from "./alarms.ts";
import { addDashboard } from "./dashboard.ts";
import { edgeInstances, originInstances } from "./expand.ts";
import { alarmTopic } from "./topic.ts";
import type { WatchedEdge, WatchedOrigin } from "./watched.ts";

export interface ObservabilityProps {
  /** Its `alarmEmail` is told of every alarm, once its owner has confirmed. */
  readonly merchant: Merchant;
  readonly origin: WatchedOrigin;
  /** For the dashboard, which shows both halves. */
  readonly edge: WatchedEdge;
}

/** For a stack in the origin's region. */
export class Observability extends Construct {
  readonly topic: Topic;
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { merchant, origin, edge }: ObservabilityProps) {
    super(scope, id);
    this.topic = alarmTopic(this, "Topic", merchant.deployment.alarmEmail);
    const alarms = alarmsAtOrigin.flatMap((definition) =>
      originInstances(definition, merchant, origin).map((instance) =>
        addAlarm(this, definition, instance, merchant, this.topic),
      ),
    );
    this.dashboard = addDashboard(this, "Dashboard", { merchant, origin, edge, alarms });
  }
}

export interface EdgeAlarmsProps {
  /** Its `alarmEmail` is told of every alarm, once its owner has confirmed. */
  readonly merchant: Merchant;
  readonly edge: WatchedEdge;
}

/** For a stack in us-east-1: an alarm can't watch a metric of another region. */
export class EdgeAlarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { merchant, edge }: EdgeAlarmsProps) {
    super(scope, id);
    this.topic = alarmTopic(this, "Topic", merchant.deployment.alarmEmail);
    for (const definition of alarmsAtEdge) {
      for (const instance of edgeInstances(definition, merchant, edge)) {
        addAlarm(this, definition, instance, merchant, this.topic);
      }
    }
  }
}
