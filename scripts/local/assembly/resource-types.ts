/** Which resources of a template run on this machine, and which may be left out of it without a difference. */

import { AssemblyError } from "./assembly-error.ts";
import type { TemplateStack } from "./read-assembly.ts";

const played = new Set([
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::CloudFront::CachePolicy",
  "AWS::CloudFront::Distribution",
  "AWS::DynamoDB::Table",
  "AWS::Events::Rule",
  "AWS::KMS::Key",
  "AWS::Lambda::EventSourceMapping",
  "AWS::Lambda::Function",
  "AWS::Lambda::Version",
  "AWS::S3::Bucket",
  "AWS::SQS::Queue",
  "AWS::SecretsManager::Secret",
  "Custom::CrossRegionExportReader",
  "Custom::CrossRegionExportWriter",
  "Custom::SecretValue",
]);

/**
 * Not played: who may call whom (IAM is not emulated), what AWS WAF refuses, where logs go, and who looks at metrics.
 * None of it changes what our functions do with a request that they get.
 */
const leftOut = new Set([
  "AWS::CDK::Metadata",
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::CompositeAlarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::KMS::Alias",
  "AWS::Lambda::EventInvokeConfig",
  "AWS::Lambda::Permission",
  "AWS::Logs::Delivery",
  "AWS::Logs::DeliveryDestination",
  "AWS::Logs::DeliverySource",
  "AWS::Logs::LogGroup",
  "AWS::Logs::MetricFilter",
  "AWS::Logs::QueryDefinition",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::Subscription",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::SQS::QueuePolicy",
  "AWS::WAFv2::WebACL",
  "Custom::LogRetention",
]);

/** @throws AssemblyError naming every resource that is neither played nor known to make no difference */
export function checkResourceTypes(stacks: readonly TemplateStack[]): void {
  const unknown = stacks.flatMap(({ name, resources }) =>
    [...resources]
      .filter(([, { type }]) => !played.has(type) && !leftOut.has(type))
      .map(([logicalId, { type }]) => `${name}/${logicalId}: ${type}`),
  );
  if (unknown.length > 0) {
    throw new AssemblyError(`resources that are not played: ${unknown.join("; ")}`);
  }
}
