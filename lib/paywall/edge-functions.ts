/** The gateway's functions, with their configuration and keys built in or their keys within reach, and their events. */

import { Duration, Stack } from "aws-cdk-lib";
import { type EdgeLambda, LambdaEdgeEventType } from "aws-cdk-lib/aws-cloudfront";
import { Construct } from "constructs";
import type { Merchant } from "../../protocol/merchant.ts";
import { type BundledSecrets, bundleEdge } from "../bundle/bundle.ts";
import { EDGE_REGION } from "../checks/hosts.ts";
import { digestOf } from "../secret/digest.ts";
import { SeededSecret } from "../secret/seeded-secret.ts";
import { edgeSecretsJson, type PaywallSecrets } from "../secrets.ts";
import { versionInterface } from "../upcast.ts";
import { EdgeFunction } from "./edge-function.ts";
import { EdgeLogs } from "./edge-logs.ts";

/** Longer than `budgets.originResponseMs` may be, and all that Lambda@Edge gives. */
const ORIGIN_RESPONSE_TIMEOUT = Duration.seconds(30);
/** For its share of a core: the function settles while a buyer waits. */
const ORIGIN_RESPONSE_MEMORY_MB = 512;

export interface EdgeFunctionsProps {
  readonly merchant: Merchant;
  readonly secrets: PaywallSecrets;
}

export class EdgeFunctions extends Construct {
  readonly viewerRequest: EdgeFunction;
  /** Where `settle` is "origin-response". */
  readonly originResponse: EdgeFunction | undefined;
  /** For every behavior. */
  readonly associations: readonly EdgeLambda[];

  constructor(scope: Construct, id: string, { merchant, secrets }: EdgeFunctionsProps) {
    super(scope, id);
    const { config, deployment, input } = merchant;
    const { edge } = deployment;
    const value = edgeSecretsJson(secrets);
    const stored =
      deployment.secrets === "inline"
        ? undefined
        : new SeededSecret(this, "Secrets", {
            description: "What the edge signs and authenticates with",
            value,
            digest: digestOf(value, secrets),
            // The functions have no environment, so the name is built into them before the secret is there.
            secretName: `${Stack.of(this).stackName}/gateway`,
          });
    const bundled: BundledSecrets =
      stored === undefined
        ? { kind: "inline", secrets: value }
        : { kind: "secrets-manager", secretId: `${Stack.of(this).stackName}/gateway`, region: EDGE_REGION };

    const viewerRequest = new EdgeFunction(this, "ViewerRequest", {
      description: "Answers 402, takes payments, and forwards what is paid",
      bundle: bundleEdge("viewer-request", input, bundled, edge.maxCodeKib),
      timeout: Duration.seconds(edge.timeoutSeconds),
      memorySize: edge.memoryMb,
    });
    const originResponse =
      config.settle === "origin-response"
        ? new EdgeFunction(this, "OriginResponse", {
            description: "Takes the payment once the origin has answered, or withholds the answer",
            bundle: bundleEdge("origin-response", input, bundled, edge.maxCodeKib),
            timeout: ORIGIN_RESPONSE_TIMEOUT,
            memorySize: ORIGIN_RESPONSE_MEMORY_MB,
          })
        : undefined;
    this.viewerRequest = viewerRequest;
    this.originResponse = originResponse;
    const functions = originResponse === undefined ? [viewerRequest] : [viewerRequest, originResponse];
    for (const reader of functions) stored?.grantRead(reader);
    new EdgeLogs(this, "Logs", functions);

    const atViewerRequest: EdgeLambda = {
      eventType: LambdaEdgeEventType.VIEWER_REQUEST,
      functionVersion: versionInterface(viewerRequest.currentVersion),
      // The body is part of what is priced, and of what a payment is bound to.
      includeBody: true,
    };
    this.associations =
      originResponse === undefined
        ? [atViewerRequest]
        : [
            atViewerRequest,
            {
              eventType: LambdaEdgeEventType.ORIGIN_RESPONSE,
              functionVersion: versionInterface(originResponse.currentVersion),
            },
          ];
  }
}
