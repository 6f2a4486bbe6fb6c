/** A small assembly, as `cdk synth` would write it, which a test changes in one place. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { readAssembly } from "../../../scripts/local/assembly/read-assembly.ts";
import { createTemplates, type Templates } from "../../../scripts/local/assembly/templates.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

export const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
export const ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
const CODE_KEY = "c0de.zip";
export const API_DOMAIN = "shop-origin-api.execute-api.eu-central-1.amazonaws.com";

export const behavior = {
  AllowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
  CachePolicyId: CACHING_DISABLED,
  Compress: true,
  LambdaFunctionAssociations: [
    { EventType: "viewer-request", IncludeBody: true, LambdaFunctionARN: { Ref: "GateVersion" } },
  ],
  OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST_HEADER,
  TargetOriginId: "api",
  ViewerProtocolPolicy: "https-only",
};

function lambda(handler: string, more: Record<string, unknown> = {}): Resource {
  return {
    Type: "AWS::Lambda::Function",
    Properties: {
      Code: { S3Bucket: { "Fn::Sub": `assets-\${AWS::AccountId}` }, S3Key: CODE_KEY },
      Handler: handler,
      Role: { "Fn::GetAtt": ["Role", "Arn"] },
      Runtime: "nodejs22.x",
      ...more,
    },
  };
}

const EXPORTED = "/cdk/exports/edge/ApiId";

/** Fresh at each call. */
export function resources(): {
  readonly edge: Record<string, Resource>;
  readonly origin: Record<string, Resource>;
} {
  const edge: Record<string, Resource> = {
    Gate: lambda("index.handler", { Timeout: 5, MemorySize: 128 }),
    GateVersion: { Type: "AWS::Lambda::Version", Properties: { FunctionName: { Ref: "Gate" } } },
    Reader: { Type: "Custom::CrossRegionExportReader", Properties: {} },
    Site: {
      Type: "AWS::CloudFront::Distribution",
      Properties: {
        DistributionConfig: {
          DefaultCacheBehavior: { ...behavior },
          Enabled: true,
          Origins: [
            {
              Id: "api",
              DomainName: {
                "Fn::Join": [
                  "",
                  [
                    { "Fn::GetAtt": ["Reader", EXPORTED] },
                    ".execute-api.eu-central-1.",
                    { Ref: "AWS::URLSuffix" },
                  ],
                ],
              },
              CustomOriginConfig: { OriginProtocolPolicy: "https-only", OriginReadTimeout: 30 },
            },
          ],
        },
      },
    },
  };
  const origin: Record<string, Resource> = {
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "api", ProtocolType: "HTTP" } },
    Writer: {
      Type: "Custom::CrossRegionExportWriter",
      Properties: { WriterProps: { exports: { [EXPORTED]: { Ref: "Api" } } } },
    },
    Integration: {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        ApiId: { Ref: "Api" },
        IntegrationType: "AWS_PROXY",
        IntegrationUri: { "Fn::GetAtt": ["Shop", "Arn"] },
        PayloadFormatVersion: "2.0",
      },
    },
    Route: {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: {
        ApiId: { Ref: "Api" },
        RouteKey: "$default",
        Target: { "Fn::Join": ["", ["integrations/", { Ref: "Integration" }]] },
      },
    },
    Stage: {
      Type: "AWS::ApiGatewayV2::Stage",
      Properties: { ApiId: { Ref: "Api" }, AutoDeploy: true, StageName: "$default" },
    },
    Shop: lambda("index.handler", {
      Timeout: 30,
      MemorySize: 1_024,
      Environment: { Variables: { TABLE: { Ref: "Table" }, QUEUE: { Ref: "Work" } } },
    }),
    Worker: lambda("index.handler"),
    Table: {
      Type: "AWS::DynamoDB::Table",
      Properties: {
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      },
    },
    Ledger: { Type: "AWS::S3::Bucket", Properties: { ObjectLockEnabled: true } },
    RefundKey: {
      Type: "AWS::KMS::Key",
      Properties: { KeySpec: "ECC_SECG_P256K1", KeyUsage: "SIGN_VERIFY" },
    },
    Dead: { Type: "AWS::SQS::Queue", Properties: {} },
    Work: {
      Type: "AWS::SQS::Queue",
      Properties: {
        RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": ["Dead", "Arn"] }, maxReceiveCount: 3 },
        VisibilityTimeout: 60,
      },
    },
    Mapping: {
      Type: "AWS::Lambda::EventSourceMapping",
      Properties: {
        BatchSize: 1,
        EventSourceArn: { "Fn::GetAtt": ["Work", "Arn"] },
        FunctionName: { Ref: "Worker" },
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      },
    },
    Every: {
      Type: "AWS::Events::Rule",
      Properties: {
        ScheduleExpression: "rate(2 minutes)",
        State: "ENABLED",
        Targets: [{ Arn: { "Fn::GetAtt": ["Worker", "Arn"] }, Id: "Target0" }],
      },
    },
  };
  return { edge, origin };
}

export interface WrittenAssembly {
  readonly directory: string;
  /** Where the functions' code lies. */
  readonly code: string;
}

/** @param more parts of the origin's template beside its resources */
export function writeAssembly(
  { edge, origin }: ReturnType<typeof resources>,
  more: object = {},
): WrittenAssembly {
  const directory = mkdtempSync(join(tmpdir(), "assembly-"));
  folders.push(directory);
  const write = (file: string, value: object) => writeFileSync(join(directory, file), JSON.stringify(value));
  const stack = (name: string, region: string) => ({
    type: "aws:cloudformation:stack",
    environment: `aws://unknown-account/${region}`,
    properties: { templateFile: `${name}.template.json` },
  });
  write("manifest.json", {
    artifacts: {
      "shop-edge": stack("shop-edge", "us-east-1"),
      "shop-origin": stack("shop-origin", "eu-central-1"),
      "shop.assets": { type: "cdk:asset-manifest", properties: { file: "shop.assets.json" } },
      Tree: { type: "cdk:tree", properties: { file: "tree.json" } },
    },
  });
  write("shop-edge.template.json", { Resources: edge });
  write("shop-origin.template.json", { Resources: origin, ...more });
  write("shop.assets.json", {
    files: {
      c0de: {
        source: { path: "asset.c0de", packaging: "zip" },
        destinations: { here: { bucketName: "assets", objectKey: CODE_KEY } },
      },
    },
  });
  const code = join(directory, "asset.c0de");
  mkdirSync(code);
  return { directory, code };
}

export function templatesOf({ directory }: WrittenAssembly): Templates {
  return createTemplates(readAssembly(directory), (name) => `http://sqs/${name}`);
}
