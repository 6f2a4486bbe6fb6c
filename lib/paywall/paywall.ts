/** The gateway: a CloudFront distribution whose function lets a priced request through to the origin once it is paid. */

import { Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  Distribution,
  HttpVersion,
  type IOrigin,
  PriceClass,
  SecurityPolicyProtocol,
} from "aws-cdk-lib/aws-cloudfront";
import type { CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import { Construct } from "constructs";
import { type MerchantInput, parseMerchant } from "../../protocol/merchant.ts";
import { EDGE_REGION } from "../checks/hosts.ts";
import { checkPaywall, describeFault } from "../checks.ts";
import { acknowledge } from "../nag.ts";
import type { PaywallSecrets } from "../secrets.ts";
import { webAcl } from "../waf/web-acl.ts";
import { AccessLogs } from "./access-logs.ts";
import { assertCacheable, cachedBehavior, uncachedBehavior, uncachedErrors } from "./behaviors.ts";
import type { EdgeFunction } from "./edge-function.ts";
import { EdgeFunctions } from "./edge-functions.ts";
import { edgeFaults } from "./edge-rules.ts";

export interface X402PaywallProps {
  /** What `edge402.config.ts` exports: what is sold, for how much, and to whom the money goes. */
  readonly config: MerchantInput;
  /** What `readPaywallSecrets(process.env)` returns. */
  readonly secrets: PaywallSecrets;
  /**
   * What is sold. It must take requests from the gateway alone: by verifying the grant, or by client certificate.
   * With `settle: "origin-response"` it need not know of payments.
   */
  readonly origin: IOrigin;
  /**
   * Free paths whose answer is the same for everybody; they are cached for a minute.
   * @default nothing is cached
   */
  readonly cachedPaths?: readonly string[];
  /**
   * For a stack that is run on one machine and never deployed: nothing is checked against the world, so loopback
   * addresses and test accounts pass.
   * @default false
   */
  readonly local?: boolean;
}

export class X402Paywall extends Construct {
  readonly distribution: Distribution;
  readonly webAcl: CfnWebACL;
  readonly viewerRequest: EdgeFunction;
  /** Where `settle` is "origin-response". */
  readonly originResponse: EdgeFunction | undefined;

  /** @throws ConfigError; what is wrong beyond the schema is reported at synthesis, all at once */
  constructor(scope: Construct, id: string, props: X402PaywallProps) {
    super(scope, id);
    const merchant = parseMerchant(props.config);
    const { config, deployment } = merchant;
    assertEdgeRegion(Stack.of(this));
    const faults = props.local === true ? [] : checkPaywall(merchant).map(describeFault);
    this.node.addValidation({ validate: () => [...faults, ...edgeFaults(this, deployment.edge)] });

    for (const path of props.cachedPaths ?? []) assertCacheable(config.catalog, path);

    const functions = new EdgeFunctions(this, "Edge", { merchant, secrets: props.secrets });
    this.viewerRequest = functions.viewerRequest;
    this.originResponse = functions.originResponse;
    this.webAcl = webAcl(this, "WebAcl", { requestsPerFiveMinutes: deployment.requestsPerFiveMinutes });

    const { origin, cachedPaths = [] } = props;
    const { domain } = deployment;
    const cached =
      cachedPaths.length === 0 ? undefined : cachedBehavior(this, origin, functions.associations);
    this.distribution = new Distribution(this, "Distribution", {
      comment: `${config.serviceName}: x402 gateway`,
      defaultBehavior: uncachedBehavior(origin, functions.associations),
      ...(cached === undefined
        ? {}
        : { additionalBehaviors: Object.fromEntries(cachedPaths.map((path) => [path, cached])) }),
      errorResponses: [...uncachedErrors],
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_ALL,
      webAclId: this.webAcl.attrArn,
      ...(domain === undefined
        ? {}
        : {
            domainNames: [domain.name],
            certificate: Certificate.fromCertificateArn(this, "Certificate", domain.certificateArn),
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
    });
    new AccessLogs(this, "AccessLogs", this.distribution);
    acknowledge(this.distribution, "distribution");
    if (domain === undefined) acknowledge(this.distribution, "cloudFrontsCertificate");
  }
}

/** The distribution, its certificate, its web ACL and its functions can all be in this one region only. */
function assertEdgeRegion({ region, stackName }: Stack): void {
  if (region === EDGE_REGION) return;
  throw new Error(
    `X402Paywall needs its stack in ${EDGE_REGION}: give ${stackName} env: { region: "${EDGE_REGION}" }`,
  );
}
