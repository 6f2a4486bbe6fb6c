/**
 * A secret whose value no template knows: a function that runs once a change carries the value in its code and puts it
 * there.
 */

import { CustomResource, Duration, RemovalPolicy } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Provider } from "aws-cdk-lib/custom-resources";
import { Construct } from "constructs";
import { allow } from "../allow.ts";
import { bundleSeed } from "../bundle/bundle.ts";
import { acknowledge } from "../nag.ts";
import { LOG_RETENTION } from "../retention.ts";
import { ServiceFunction } from "../service-function.ts";

const SEED_TIMEOUT = Duration.seconds(30);
const SEED_MEMORY_MB = 256;

export interface SeededSecretProps {
  readonly description: string;
  /** JSON. */
  readonly value: unknown;
  /** Changes with the value and tells nothing of it. */
  readonly digest: string;
  /** For readers that must know the name when they are built. @default one that nobody can guess */
  readonly secretName?: string;
}

export class SeededSecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, { description, value, digest, secretName }: SeededSecretProps) {
    super(scope, id);
    const secret = new Secret(this, "Secret", {
      description,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(secretName === undefined ? {} : { secretName }),
    });
    this.arn = secret.secretArn;
    const seed = new ServiceFunction(this, "Seed", {
      description: `Puts the value of ${description.toLowerCase()} in its place`,
      bundle: bundleSeed(value),
      timeout: SEED_TIMEOUT,
      memorySize: SEED_MEMORY_MB,
    });
    allow(seed, ["secretsmanager:PutSecretValue"], [this.arn]);
    const provider = new Provider(this, "Provider", {
      onEventHandler: seed,
      logGroup: new LogGroup(this, "ProviderLogs", {
        retention: LOG_RETENTION,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    new CustomResource(this, "Value", {
      serviceToken: provider.serviceToken,
      resourceType: "Custom::SecretValue",
      properties: { SecretId: this.arn, Digest: digest },
    });
    acknowledge(secret, "rotatedByDeployment");
    acknowledge(provider, "seedProvider", seed);
  }

  grantRead(grantee: IGrantable): void {
    allow(grantee, ["secretsmanager:GetSecretValue"], [this.arn]);
  }
}
