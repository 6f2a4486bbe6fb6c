/** All stacks of a deployment: the gateway, the eSIM store behind it, and what watches both. */

import type { App } from "aws-cdk-lib";
import { ConfigError } from "../protocol/config.ts";
import type { Merchant } from "../protocol/merchant.ts";
import { EDGE_REGION } from "./checks/hosts.ts";
import { checkDeployable, describeFault } from "./checks.ts";
import { checkWithNag } from "./nag.ts";
import { refuseDeployment } from "./sample.ts";
import type { DeploymentSecrets } from "./secrets.ts";
import { EdgeStack } from "./stacks/edge-stack.ts";
import { ObservabilityStack } from "./stacks/observability-stack.ts";
import { OriginStack } from "./stacks/origin-stack.ts";

export interface BuildOptions {
  /** The secrets are the sample's, so that no stack may be deployed. @default false */
  readonly sample?: boolean;
  /** See {@link X402PaywallProps.local}. @default false */
  readonly local?: boolean;
}

export interface Stacks {
  readonly edge: EdgeStack;
  readonly origin: OriginStack;
  readonly observability: ObservabilityStack;
}

/** @throws ConfigError where the eSIM store can't be deployed as the configuration says */
export function buildApp(
  app: App,
  merchant: Merchant,
  secrets: DeploymentSecrets,
  { sample = false, local = false }: BuildOptions = {},
): Stacks {
  const faults = checkDeployable(merchant);
  if (faults.length > 0) throw new ConfigError(faults.map(describeFault));

  const { name, originRegion } = merchant.deployment;
  const crossRegionReferences = originRegion !== EDGE_REGION;
  const atOrigin = { env: { region: originRegion }, crossRegionReferences };
  const origin = new OriginStack(app, `${name}-origin`, {
    ...atOrigin,
    description: "edge402: the eSIM store behind the gateway",
    merchant,
    secrets,
  });
  const edge = new EdgeStack(app, `${name}-edge`, {
    env: { region: EDGE_REGION },
    crossRegionReferences,
    description: "edge402: the x402 gateway",
    merchant,
    secrets,
    originDomainName: origin.origin.api.domainName,
    local,
  });
  const observability = new ObservabilityStack(app, `${name}-observability`, {
    ...atOrigin,
    description: "edge402: dashboard and alarms",
    merchant,
    origin: origin.watched,
    edge: edge.watched,
  });
  const stacks = { edge, origin, observability };
  if (sample) for (const stack of Object.values(stacks)) refuseDeployment(stack);
  checkWithNag(app);
  return stacks;
}
