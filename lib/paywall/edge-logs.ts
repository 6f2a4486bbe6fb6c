/** How long the logs of Lambda@Edge are kept, in every region where they may be written. */

import { Aws } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogRetention } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge } from "../nag.ts";
import { EDGE_REGIONS } from "../observability/edge-regions.ts";
import { LOG_RETENTION } from "../retention.ts";

/** A replica's function, and so its log group, is called by the region that it was copied from. */
const REPLICA_LOGS = "/aws/lambda/us-east-1.";

function logGroups(prefix: string): string {
  return `arn:${Aws.PARTITION}:logs:*:${Aws.ACCOUNT_ID}:log-group:${prefix}*`;
}

/** What a function's role needs to write its logs wherever it runs. */
export function writeReplicaLogs(): PolicyStatement {
  return new PolicyStatement({
    actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [logGroups(REPLICA_LOGS)],
  });
}

/** Where there is no log group yet, a function's first run makes one that never expires. */
export class EdgeLogs extends Construct {
  constructor(scope: Construct, id: string, functions: readonly IFunction[]) {
    super(scope, id);
    // In place of a role that may change every log group of the account.
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      inlinePolicies: {
        retention: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:PutRetentionPolicy",
                "logs:DeleteRetentionPolicy",
              ],
              resources: [logGroups("/aws/lambda/")],
            }),
          ],
        }),
      },
    });
    acknowledge(role, "logRetention");
    for (const [index, { functionName }] of functions.entries()) {
      for (const logGroupRegion of EDGE_REGIONS) {
        new LogRetention(this, `${logGroupRegion}-${index}`, {
          logGroupName: `${REPLICA_LOGS}${functionName}`,
          logGroupRegion,
          retention: LOG_RETENTION,
          role: role.withoutPolicyUpdates(),
        });
      }
    }
  }
}
