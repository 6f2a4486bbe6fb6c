/** What is read from the templates of an assembly. */

import { describe, expect, test } from "vitest";
import { apiOf } from "../../../scripts/local/assembly/api.ts";
import { distributionOf } from "../../../scripts/local/assembly/distribution.ts";
import {
  eventSourcesOf,
  functionOf,
  rateMs,
  schedulesOf,
} from "../../../scripts/local/assembly/functions.ts";
import { queuesOf, tablesOf } from "../../../scripts/local/assembly/stores.ts";
import { API_DOMAIN, resources, templatesOf, writeAssembly } from "./fixture.ts";

const isFree = (path: string) => path === "/v1/plans";
const lambdaArn = (region: string, name: string) => `arn:aws:lambda:${region}:000000000000:function:${name}`;
const SHOP = lambdaArn("eu-central-1", "shop-origin-Shop");
const WORKER = lambdaArn("eu-central-1", "shop-origin-Worker");

describe("an assembly is read as", () => {
  test("a distribution whose origin is the API of the other region", () => {
    const templates = templatesOf(writeAssembly(resources()));
    expect(distributionOf(templates, isFree)).toMatchObject({
      origins: { api: { domainName: API_DOMAIN, readTimeoutSeconds: 30 } },
      behaviors: [
        {
          pathPattern: "*",
          origin: "api",
          allowedMethods: "ALL",
          viewerRequest: {
            functionArn: `${lambdaArn("us-east-1", "shop-edge-Gate")}:1`,
            includeBody: true,
          },
        },
      ],
    });
    expect(apiOf(templates)).toEqual({ domainName: API_DOMAIN, functionArn: SHOP, timeoutMs: 30_000 });
  });

  test("a function with its code, its limits and its variables worked out", () => {
    const written = writeAssembly(resources());
    expect(functionOf(templatesOf(written), SHOP)).toEqual({
      arn: SHOP,
      name: "shop-origin-Shop",
      region: "eu-central-1",
      directory: written.code,
      handler: "index.handler",
      timeoutMs: 30_000,
      memoryMb: 1_024,
      environment: { TABLE: "shop-origin-Table", QUEUE: "http://sqs/shop-origin-Work" },
    });
  });

  test("a function with a version, and Lambda's limits where its template sets none", () => {
    const templates = templatesOf(writeAssembly(resources()));
    const versioned = functionOf(templates, `${lambdaArn("us-east-1", "shop-edge-Gate")}:1`);
    expect(versioned).toMatchObject({ name: "shop-edge-Gate", timeoutMs: 5_000 });
    expect(functionOf(templates, WORKER)).toMatchObject({ timeoutMs: 3_000, memoryMb: 128 });
  });

  test("queues, what takes from them, and what runs by the clock", () => {
    const templates = templatesOf(writeAssembly(resources()));
    const deadLetterArn = "arn:aws:sqs:eu-central-1:000000000000:shop-origin-Dead";
    const queueArn = "arn:aws:sqs:eu-central-1:000000000000:shop-origin-Work";
    expect(queuesOf(templates)).toEqual([
      { name: "shop-origin-Dead", arn: deadLetterArn, visibilityTimeoutMs: 30_000, redrive: undefined },
      {
        name: "shop-origin-Work",
        arn: queueArn,
        visibilityTimeoutMs: 60_000,
        redrive: { maxReceiveCount: 3, deadLetterArn },
      },
    ]);
    expect(eventSourcesOf(templates)).toEqual([
      { queueArn, functionArn: WORKER, region: "eu-central-1", batchSize: 1, reportsItemFailures: true },
    ]);
    expect(schedulesOf(templates)).toMatchObject([{ everyMs: 120_000, functionArn: WORKER }]);
  });

  test("the table, just as the template has it", () => {
    expect(tablesOf(templatesOf(writeAssembly(resources())))).toEqual([
      {
        TableName: "shop-origin-Table",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      },
    ]);
  });

  test("a value that another stack exports", () => {
    const changed = resources();
    changed.edge["Gate"] = {
      Type: "AWS::Lambda::Function",
      Properties: { ...changed.edge["Gate"]?.Properties, Handler: { "Fn::ImportValue": "shop:Handler" } },
    };
    const written = writeAssembly(changed, {
      Outputs: { Handler: { Value: { Ref: "AWS::Region" }, Export: { Name: "shop:Handler" } } },
    });
    const gate = functionOf(templatesOf(written), lambdaArn("us-east-1", "shop-edge-Gate"));
    expect(gate.handler).toBe("eu-central-1");
  });
});

test.each([
  ["rate(1 minute)", 60_000],
  ["rate(5 minutes)", 300_000],
  ["rate(2 hours)", 7_200_000],
  ["rate(1 day)", 86_400_000],
  ["rate(0 minutes)", undefined],
  ["rate(1 second)", undefined],
  ["at(2030-01-01T00:00:00)", undefined],
])("%s is %s milliseconds", (expression, ms) => {
  expect(rateMs(expression)).toBe(ms);
});
