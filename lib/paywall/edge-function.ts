/** A function of Lambda@Edge: a numbered version of a function in us-east-1, with nothing that the edge does not take. */

import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { CompositePrincipal, PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Bundle } from "../bundle/bundle.ts";
import { codeOf, HANDLER } from "../code.ts";
import { acknowledge } from "../nag.ts";
import { writeReplicaLogs } from "./edge-logs.ts";

export interface EdgeFunctionProps {
  readonly description: string;
  readonly bundle: Bundle;
  readonly timeout: Duration;
  readonly memorySize: number;
}

export class EdgeFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, { bundle, ...common }: EdgeFunctionProps) {
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new CompositePrincipal(
        new ServicePrincipal("lambda.amazonaws.com"),
        new ServicePrincipal("edgelambda.amazonaws.com"),
      ),
      inlinePolicies: { logs: new PolicyDocument({ statements: [writeReplicaLogs()] }) },
    });
    super(scope, id, {
      ...common,
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.X86_64,
      code: codeOf(bundle),
      handler: HANDLER,
      role,
      // A version can't be deleted while replicas of it still answer somewhere, which takes hours.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    acknowledge(this, "runtime");
    acknowledge(role, "replicasLogEverywhere");
  }
}
