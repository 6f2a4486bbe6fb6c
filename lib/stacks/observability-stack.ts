/** The stack that watches: dashboard and alarms, in the origin's region. */

import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import { Observability } from "../observability/observability.ts";
import type { WatchedEdge, WatchedOrigin } from "../observability/watched.ts";

export interface ObservabilityStackProps extends StackProps {
  readonly merchant: Merchant;
  readonly origin: WatchedOrigin;
  readonly edge: WatchedEdge;
}

export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, { merchant, origin, edge, ...props }: ObservabilityStackProps) {
    super(scope, id, props);
    new Observability(this, "Observability", { merchant, origin, edge });
  }
}
