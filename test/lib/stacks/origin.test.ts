/** The origin's template: what keeps money and its history, what moves it, and what each function may touch. */

import * as v from "valibot";
import { describe, expect, test, vi } from "vitest";
import { readEnvironment } from "../../../origin/entry/environment.ts";
import { actionsOf, permissionsIn } from "./permissions.ts";
import { build, certificateIn, merchantInput, ofType, templateOf, the } from "./support.ts";

vi.mock("../../../lib/bundle/bundle.ts", () => import("./fake-bundles.ts"));

const template = templateOf(build().origin);
const permissions = permissionsIn(template);

describe("what money hangs on is kept", () => {
  test.each([
    ["the table", "AWS::DynamoDB::Table", ""],
    ["the refund wallet's key", "AWS::KMS::Key", ""],
    ["the ledgers", "AWS::S3::Bucket", "StoreLedger"],
  ])("%s, when the stack goes and when it is replaced", (_, type, prefix) => {
    expect(the(template, type, prefix)).toMatchObject({
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
    });
  });

  test("the table can be restored to any second, can't be deleted, and has no name that another could have", () => {
    const { Properties } = the(template, "AWS::DynamoDB::Table");
    expect(Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      BillingMode: "PAY_PER_REQUEST",
    });
    expect(Properties).not.toHaveProperty("TableName");
  });

  test("an archived ledger can be deleted by nobody, until the configured time is up", () => {
    expect(the(template, "AWS::S3::Bucket", "StoreLedger").Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 2_557 } } },
      VersioningConfiguration: { Status: "Enabled" },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  test("a ledger is written once, and by TLS only", () => {
    const { Properties } = the(template, "AWS::S3::BucketPolicy", "StoreLedger");
    expect(Properties["PolicyDocument"]).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: "Deny",
          Action: "s3:PutObject",
          Principal: { AWS: "*" },
          Condition: { Null: { "s3:if-none-match": "true" } },
        }),
        expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      ]),
    });
  });
});

test("the table is as STORAGE.md describes it", () => {
  expect(the(template, "AWS::DynamoDB::Table").Properties).toMatchObject({
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "queue",
        KeySchema: [
          { AttributeName: "queue", KeyType: "HASH" },
          { AttributeName: "dueAt", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
});

test("the refund wallet's key signs on secp256k1", () => {
  expect(the(template, "AWS::KMS::Key").Properties).toMatchObject({
    KeySpec: "ECC_SECG_P256K1",
    KeyUsage: "SIGN_VERIFY",
  });
});

describe("a function may do what it does, and nothing else", () => {
  const LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"];
  const SECRET = "secretsmanager:GetSecretValue";
  const ITEMS = ["dynamodb:GetItem", "dynamodb:PutItem"];
  const DRAWS = "dynamodb:UpdateItem";
  const SIGN = ["kms:GetPublicKey", "kms:Sign"];

  test.each([
    ["StoreHttp", ["dynamodb:DescribeTable", ...ITEMS, DRAWS, ...SIGN, ...LOGS, SECRET, "sqs:SendMessage"]],
    [
      "StoreWorker",
      [
        ...ITEMS,
        ...SIGN,
        ...LOGS,
        SECRET,
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
      ],
    ],
    ["StoreSweeper", [...ITEMS, "dynamodb:Query", DRAWS, ...SIGN, ...LOGS, SECRET, "sqs:SendMessage"]],
    ["StoreReconciler", [...ITEMS, ...LOGS, SECRET, "sqs:SendMessage"]],
    [
      "StoreExporter",
      [
        ...ITEMS,
        "dynamodb:Query",
        ...LOGS,
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "s3:PutObjectRetention",
        SECRET,
        "sqs:SendMessage",
      ],
    ],
    [
      "StoreWatcher",
      ["dynamodb:GetItem", "dynamodb:Query", "kms:GetPublicKey", ...LOGS, SECRET, "sqs:SendMessage"],
    ],
    ["StorePool", [...ITEMS, ...LOGS, SECRET, "sqs:SendMessage"]],
    ["StoreSecretsSeed", [...LOGS, "secretsmanager:PutSecretValue"]],
  ])("%s", (role, actions) => {
    expect(actionsOf(permissions, role)).toEqual(actions);
  });

  test("but a scheduled one sends only to its own dead-letter queue", () => {
    for (const name of ["Sweeper", "Reconciler", "Exporter", "Watcher", "Pool"]) {
      const sends = permissions.filter(({ role, action }) => {
        return role.startsWith(`Store${name}`) && action === "sqs:SendMessage";
      });
      expect(sends.map(({ resource }) => resource)).toEqual([
        expect.stringContaining(`Store${name}DeadLetters`),
      ]);
    }
  });
});

test("every function runs Node.js 22 on arm64 and finds in its environment what its entry reads", () => {
  const functions = ofType(template, "AWS::Lambda::Function").filter(([id]) => /^Store(?!Secrets)/.test(id));
  expect(functions).toHaveLength(7);
  const environmentSchema = v.object({ Variables: v.record(v.string(), v.unknown()) });
  for (const [, { Properties }] of functions) {
    expect(Properties).toMatchObject({ Runtime: "nodejs22.x", Architectures: ["arm64"] });
    const { Variables } = v.parse(environmentSchema, Properties["Environment"]);
    const text = Object.entries(Variables).map(([name, value]) => {
      return [name, typeof value === "string" ? value : JSON.stringify(value)] as const;
    });
    expect(readEnvironment(Object.fromEntries(text))).toMatchObject({
      service: "edge402 sample store",
      archiveRetentionDays: 2_557,
      supplierUrl: "https://esim-simulator.edge402.dev",
    });
  }
});

describe("work", () => {
  test("is hidden six times as long as the worker may take, one order a call, and ends in a dead-letter queue", () => {
    const { Timeout } = v.parse(
      v.object({ Timeout: v.number() }),
      the(template, "AWS::Lambda::Function", "StoreWorker").Properties,
    );
    const queues = ofType(template, "AWS::SQS::Queue").filter(([id]) => id.startsWith("StoreWork"));
    const work = queues.find(([, { Properties }]) => "RedrivePolicy" in Properties);
    expect(work?.[1].Properties).toMatchObject({ VisibilityTimeout: 6 * Timeout });
    expect(the(template, "AWS::Lambda::EventSourceMapping").Properties).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  test.each([
    ["StoreSweeper", "rate(1 minute)"],
    ["StoreReconciler", "rate(2 minutes)"],
    ["StoreExporter", "rate(5 minutes)"],
    ["StoreWatcher", "rate(1 minute)"],
    ["StorePool", "rate(1 minute)"],
  ])("%s runs at %s, and what fails waits for a person", (name, ScheduleExpression) => {
    const { Properties } = the(template, "AWS::Events::Rule", name);
    expect(Properties).toMatchObject({ ScheduleExpression, State: "ENABLED" });
    expect(JSON.stringify(Properties["Targets"])).toContain(`${name}DeadLetters`);
    expect(JSON.stringify(the(template, "AWS::Lambda::Function", name).Properties)).toContain(
      `${name}DeadLetters`,
    );
  });

  test("lies encrypted in every queue, and travels by TLS", () => {
    const queues = ofType(template, "AWS::SQS::Queue");
    expect(queues).toHaveLength(7);
    expect(queues.every(([, { Properties }]) => Properties["SqsManagedSseEnabled"] === true)).toBe(true);
    expect(ofType(template, "AWS::SQS::QueuePolicy")).toHaveLength(queues.length);
  });
});

describe("the API", () => {
  test("hands every path to the one function that checks the grant, throttled", () => {
    expect(
      ofType(template, "AWS::ApiGatewayV2::Route").map(([, each]) => each.Properties["RouteKey"]),
    ).toEqual(["$default"]);
    const stage = the(template, "AWS::ApiGatewayV2::Stage").Properties;
    expect(stage["DefaultRouteSettings"]).toEqual({ ThrottlingBurstLimit: 400, ThrottlingRateLimit: 200 });
    expect(the(template, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"]).toBe(false);
  });

  test("logs its accesses as JSON, without queries and headers", () => {
    const { Format } = v.parse(
      v.object({ Format: v.string() }),
      the(template, "AWS::ApiGatewayV2::Stage").Properties["AccessLogSettings"],
    );
    expect(JSON.parse(Format)).toMatchObject({ requestId: "$context.requestId", path: "$context.path" });
    expect(Format).not.toMatch(/query|header|authori/i);
  });

  test("takes no other connection than CloudFront's, with client certificates", () => {
    const originMtls = {
      domainName: "origin.acme.io",
      certificateArn: certificateIn("us-east-1"),
      truststoreUri: "s3://acme-trust/ca.pem",
      clientCertificateArn: certificateIn("us-east-1"),
    };
    const stacks = build(merchantInput({ originMtls }));
    const origin = templateOf(stacks.origin);
    expect(the(origin, "AWS::ApiGatewayV2::Api").Properties["DisableExecuteApiEndpoint"]).toBe(true);
    expect(the(origin, "AWS::ApiGatewayV2::DomainName").Properties["MutualTlsAuthentication"]).toEqual({
      TruststoreUri: "s3://acme-trust/ca.pem",
    });
    const distribution = the(templateOf(stacks.edge), "AWS::CloudFront::Distribution").Properties;
    expect(distribution["DistributionConfig"]).toMatchObject({
      Origins: [
        {
          DomainName: "origin.acme.io",
          CustomOriginConfig: {
            OriginMtlsConfig: { ClientCertificateArn: certificateIn("us-east-1") },
            OriginProtocolPolicy: "https-only",
          },
        },
      ],
    });
  });
});
