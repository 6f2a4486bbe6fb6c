/** The stack at the edge: the gateway in front of the eSIM store. */

import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { CfnDistribution, OriginSslPolicy } from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import { EdgeAlarms } from "../observability/observability.ts";
import type { WatchedEdge } from "../observability/watched.ts";
import { X402Paywall } from "../paywall/paywall.ts";
import type { DeploymentSecrets } from "../secrets.ts";
import { WEB_ACL_METRIC } from "../waf/web-acl.ts";

/** As long as API Gateway may take. */
const ORIGIN_READ_TIMEOUT = Duration.seconds(30);

/** The price list: the same for everybody, and the most read. */
const CACHED_PATHS = ["/v1/plans"];

export interface EdgeStackProps extends StackProps {
  readonly merchant: Merchant;
  readonly secrets: DeploymentSecrets;
  /** The API's name. */
  readonly originDomainName: string;
  readonly local: boolean;
}

export class EdgeStack extends Stack {
  readonly paywall: X402Paywall;
  /** What alarms and graphs look at. */
  readonly watched: WatchedEdge;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    const { merchant, secrets, originDomainName, local, ...stackProps } = props;
    super(scope, id, stackProps);
    const { domain, originMtls } = merchant.deployment;
    this.paywall = new X402Paywall(this, "Paywall", {
      config: { ...merchant.input, deploy: merchant.deployment },
      secrets,
      origin: new HttpOrigin(originDomainName, {
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
        readTimeout: ORIGIN_READ_TIMEOUT,
      }),
      cachedPaths: CACHED_PATHS,
      local,
    });
    const { distribution, viewerRequest } = this.paywall;
    this.watched = { distribution, viewerRequest, webAclMetric: WEB_ACL_METRIC };
    new EdgeAlarms(this, "Alarms", { merchant, edge: this.watched });
    if (originMtls !== undefined) {
      const { defaultChild } = distribution.node;
      if (!(defaultChild instanceof CfnDistribution)) throw new Error("a distribution is a CfnDistribution");
      defaultChild.addPropertyOverride(
        "DistributionConfig.Origins.0.CustomOriginConfig.OriginMtlsConfig.ClientCertificateArn",
        originMtls.clientCertificateArn,
      );
    }
    new CfnOutput(this, "PublicUrl", {
      description: "Where agents reach the gateway; publicUrl of edge402.config.ts must be the same",
      value: `https://${domain?.name ?? distribution.distributionDomainName}`,
    });
    new CfnOutput(this, "DistributionDomainName", {
      description: "What a domain of your own points to",
      value: distribution.distributionDomainName,
    });
  }
}
