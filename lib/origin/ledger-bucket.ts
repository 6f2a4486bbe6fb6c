/** The ledgers' archive: whatever is in it can be neither replaced nor deleted, by anybody, until its time is up. */

import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectLockRetention,
} from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { allow } from "../allow.ts";
import { acknowledge } from "../nag.ts";

export interface LedgerBucketProps {
  readonly retention: Duration;
  readonly accessLogs: IBucket;
}

export class LedgerBucket extends Bucket {
  constructor(scope: Construct, id: string, { retention, accessLogs }: LedgerBucketProps) {
    super(scope, id, {
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.compliance(retention),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: "ledger/",
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: "WriteOnce",
        // In a bucket with versions a second write would stand in front of the locked first one.
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["s3:PutObject"],
        resources: [this.arnForObjects("*")],
        conditions: { Null: { "s3:if-none-match": "true" } },
      }),
    );
  }

  /** Adds batches, each with its own retention, and reads the chain of those that are there. */
  grantAppend(grantee: IFunction): void {
    allow(grantee, ["s3:ListBucket"], [this.bucketArn]);
    allow(grantee, ["s3:GetObject", "s3:PutObject", "s3:PutObjectRetention"], [this.arnForObjects("*")]);
    if (grantee.role !== undefined) acknowledge(grantee.role, "ledgerObjects", this);
  }
}
