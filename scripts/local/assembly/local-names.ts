/** What `Ref` and `Fn::GetAtt` give for each resource on this machine. */

import { LOCAL_ACCOUNT } from "../aws/credentials.ts";
import { AssemblyError } from "./assembly-error.ts";
import type { Resource } from "./read-assembly.ts";

/** Where a resource is. */
export interface Place {
  readonly stack: string;
  readonly region: string;
  readonly logicalId: string;
}

export interface LocalName {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A queue's URL from its name. Known once the local SQS listens. */
export type QueueUrl = (name: string) => string;

/** Unlike CloudFormation's with nothing random in it, so that what is kept is found again. */
export function physicalName({ stack, logicalId }: Place): string {
  return `${stack}-${logicalId}`;
}

/** @throws AssemblyError when nothing here has such a resource's name */
export function localName(place: Place, { type, properties }: Resource, queueUrl: QueueUrl): LocalName {
  const { region } = place;
  const name = physicalName(place);
  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:${region}:${LOCAL_ACCOUNT}:${resource}`;
  switch (type) {
    case "AWS::DynamoDB::Table":
      return { ref: name, attributes: { Arn: arn("dynamodb", `table/${name}`) } };
    case "AWS::SQS::Queue":
      return { ref: queueUrl(name), attributes: { Arn: arn("sqs", name), QueueName: name } };
    case "AWS::S3::Bucket": {
      const bucket = name.toLowerCase();
      return { ref: bucket, attributes: { Arn: `arn:aws:s3:::${bucket}` } };
    }
    case "AWS::KMS::Key":
      return { ref: name, attributes: { Arn: arn("kms", `key/${name}`), KeyId: name } };
    case "AWS::SecretsManager::Secret": {
      const secret = secretArn(region, secretName(place, properties));
      return { ref: secret, attributes: { Id: secret } };
    }
    case "AWS::Lambda::Function":
      return { ref: name, attributes: { Arn: arn("lambda", `function:${name}`) } };
    case "AWS::ApiGatewayV2::Api":
      return { ref: name.toLowerCase(), attributes: { ApiId: name.toLowerCase() } };
    case "AWS::CloudFront::Distribution":
      return { ref: name, attributes: { DomainName: `${name.toLowerCase()}.cloudfront.net`, Id: name } };
    case "AWS::ApiGatewayV2::Integration":
      return { ref: name, attributes: {} };
    case "AWS::CloudFront::CachePolicy":
      return { ref: name, attributes: { Id: name } };
    case "AWS::WAFv2::WebACL":
      return { ref: name, attributes: { Arn: arn("wafv2", `global/webacl/${name}`) } };
    default:
      throw new AssemblyError(`${name}: a ${type} has no value on this machine`);
  }
}

/** A secret's own name, which functions may be built with, else one made up. */
export function secretName(place: Place, properties: Resource["properties"]): string {
  const { Name: own } = properties;
  return typeof own === "string" ? own : physicalName(place);
}

/** As the local Secrets Manager names them. */
export function secretArn(region: string, name: string): string {
  return `arn:aws:secretsmanager:${region}:${LOCAL_ACCOUNT}:secret:${name}-local0`;
}
