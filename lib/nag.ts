/** Every finding of cdk-nag that stands, and why. Whatever is not in this list stops the synthesis. */

import { type App, CfnElement, Stack, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";

interface Finding {
  /** `{}` stands for the logical id of the resource that the finding names. */
  readonly id: string;
  readonly reason: string;
}

const LAMBDA_LOGS =
  "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]";

const standing = {
  runtime: [
    {
      id: "AwsSolutions-L1",
      reason: "Node.js 22 is what the bundles are built for and tested with, and AWS supports it.",
    },
  ],
  accessLogsOfAccessLogs: [
    {
      id: "AwsSolutions-S1",
      reason: "The bucket holds access logs; logging its own accesses would not end.",
    },
  ],
  grantInsteadOfAuthorizer: [
    {
      id: "AwsSolutions-APIG4",
      reason:
        "The function checks the gateway's signed grant against method, path, query and body; an authorizer sees no body.",
    },
  ],
  rotatedByDeployment: [
    {
      id: "AwsSolutions-SMG4",
      reason: "Keys are rotated by deploying with a new one in front, so that both halves know it.",
    },
  ],
  seedProvider: [
    { id: LAMBDA_LOGS, reason: "CDK's own function, which reports to CloudFormation; it logs and no more." },
    {
      id: "AwsSolutions-IAM5[Resource::<{}.Arn>:*]",
      reason:
        "CDK's own function may call any version of the one function that puts the secret in its place.",
    },
  ],
  ledgerObjects: [
    {
      id: "AwsSolutions-IAM5[Resource::<{}.Arn>/*]",
      reason: "Batches are named by their content, so that no name is known beforehand.",
    },
  ],
  replicasLogEverywhere: [
    {
      id: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:*:<AWS::AccountId>:log-group:/aws/lambda/us-east-1.*]",
      reason:
        "Lambda@Edge logs in the region that it answers in, under the function's name, which is not known before the role.",
    },
  ],
  logRetention: [
    {
      id: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:*:<AWS::AccountId>:log-group:/aws/lambda/*]",
      reason: "It sets how long the edge function's logs are kept, in each region, and those of its own.",
    },
  ],
  distribution: [
    { id: "AwsSolutions-CFR1", reason: "Agents may buy from anywhere." },
    {
      id: "AwsSolutions-CFR3",
      reason:
        "Access logs are delivered by CloudWatch Logs to a bucket, without queries, which may hold tokens.",
    },
  ],
  cloudFrontsCertificate: [
    {
      id: "AwsSolutions-CFR4",
      reason:
        "CloudFront's own certificate comes with its own TLS policy. A domain of one's own sets TLS 1.2.",
    },
  ],
} as const satisfies Readonly<Record<string, readonly Finding[]>>;

/**
 * Lets findings be, on a construct and all within it.
 *
 * @param named the resource that the finding names, where it names one
 */
export function acknowledge(construct: IConstruct, what: keyof typeof standing, named?: IConstruct): void {
  const logicalId = named === undefined ? "" : logicalIdOf(named);
  const findings: readonly Finding[] = standing[what];
  Validations.of(construct).acknowledge(
    ...findings.map(({ id, reason }) => ({ id: id.replace("{}", logicalId), reason })),
  );
}

function logicalIdOf(construct: IConstruct): string {
  const { defaultChild } = construct.node;
  if (!(defaultChild instanceof CfnElement)) throw new Error(`${construct.node.path} is no single resource`);
  return Stack.of(construct).getLogicalId(defaultChild);
}

/** Checks all stacks at synthesis. */
export function checkWithNag(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
