/** A Lambda function as all of ours are in a region: a bundle, a log group that expires, and a role that may write there. */

import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Bundle } from "./bundle/bundle.ts";
import { codeOf, HANDLER } from "./code.ts";
import { acknowledge } from "./nag.ts";
import { LOG_RETENTION } from "./retention.ts";

export interface ServiceFunctionProps {
  readonly description: string;
  readonly bundle: Bundle;
  readonly timeout: Duration;
  /** The share of a core grows with it: a whole one at 1,769 MB. */
  readonly memorySize: number;
  /** @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes what an asynchronous call failed on, which is not tried again. @default the function is called otherwise */
  readonly deadLetterQueue?: IQueue;
}

export class ServiceFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    const { bundle, environment, deadLetterQueue, ...common } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: LOG_RETENTION,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      // In place of AWSLambdaBasicExecutionRole, which may write to every log group.
      inlinePolicies: {
        logs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
              resources: [logGroup.logGroupArn],
            }),
          ],
        }),
      },
    });
    super(scope, id, {
      ...common,
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      code: codeOf(bundle),
      handler: HANDLER,
      role,
      logGroup,
      ...(environment === undefined ? {} : { environment: { ...environment } }),
      ...(deadLetterQueue === undefined ? {} : { deadLetterQueue, retryAttempts: 0 }),
    });
    acknowledge(this, "runtime");
  }
}
