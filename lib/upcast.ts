/**
 * CDK's classes and its own interfaces disagree under `exactOptionalPropertyTypes`: the class says "maybe undefined"
 * where the interface says "maybe absent". These name the interfaces that the classes implement.
 */

import type { IVersion, Version } from "aws-cdk-lib/aws-lambda";
import type { Bucket, IBucket } from "aws-cdk-lib/aws-s3";

export function bucketInterface(bucket: Bucket): IBucket {
  return bucket as IBucket;
}

export function versionInterface(version: Version): IVersion {
  return version as IVersion;
}
