/** A bucket for access logs, which expire. */

import { RemovalPolicy } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { acknowledge } from "./nag.ts";
import { ACCESS_LOG_RETENTION } from "./retention.ts";

/** Kept when the stack goes: a bucket with objects in it could not be deleted. */
export function accessLogBucket(scope: Construct, id: string): Bucket {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [{ expiration: ACCESS_LOG_RETENTION }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  acknowledge(bucket, "accessLogsOfAccessLogs");
  return bucket;
}
