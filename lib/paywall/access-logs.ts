/**
 * The distribution's access logs, by CloudFront's newer way of writing them: it lets one choose the fields, and a query
 * or a cookie, which may hold an order's token, must not lie in a bucket for months.
 */

import { ArnFormat, Aws, Names, Stack } from "aws-cdk-lib";
import type { IDistribution } from "aws-cdk-lib/aws-cloudfront";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { accessLogBucket } from "../access-log-bucket.ts";

const FIELDS = [
  "date",
  "time",
  "x-edge-location",
  "x-edge-request-id",
  "c-ip",
  "cs-method",
  "x-host-header",
  "cs-uri-stem",
  "cs-protocol",
  "cs-protocol-version",
  "ssl-protocol",
  "cs-bytes",
  "sc-bytes",
  "sc-status",
  "sc-content-type",
  "time-taken",
  "time-to-first-byte",
  "x-edge-result-type",
  "x-edge-detailed-result-type",
  "cs(User-Agent)",
];

/** Characters of a delivery's name. */
const MAX_NAME = 60;

export class AccessLogs extends Construct {
  constructor(scope: Construct, id: string, distribution: IDistribution) {
    super(scope, id);
    const bucket = accessLogBucket(this, "Bucket");
    const name = Names.uniqueResourceName(this, { maxLength: MAX_NAME, separator: "-" });
    const stack = Stack.of(this);
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: "LogDelivery",
        principals: [new ServicePrincipal("delivery.logs.amazonaws.com")],
        actions: ["s3:PutObject"],
        resources: [bucket.arnForObjects("*")],
        // Or another account's delivery could be pointed here.
        conditions: {
          StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID },
          ArnLike: {
            "aws:SourceArn": stack.formatArn({
              service: "logs",
              resource: "delivery-source",
              resourceName: name,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    const source = new CfnDeliverySource(this, "Source", {
      name,
      logType: "ACCESS_LOGS",
      resourceArn: distribution.distributionArn,
    });
    const destination = new CfnDeliveryDestination(this, "Destination", {
      name,
      deliveryDestinationType: "S3",
      destinationResourceArn: bucket.bucketArn,
      outputFormat: "json",
    });
    const delivery = new CfnDelivery(this, "Delivery", {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
      recordFields: FIELDS,
    });
    // Their names are the same text, so nothing else tells CloudFormation the order.
    delivery.addResourceDependency(source);
    if (bucket.policy !== undefined) delivery.node.addDependency(bucket.policy);
  }
}
