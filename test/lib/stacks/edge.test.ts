/** The edge's template: what the distribution does with a request, and what may look at it. */

import { CachePolicy, OriginRequestPolicy } from "aws-cdk-lib/aws-cloudfront";
import * as v from "valibot";
import { describe, expect, test, vi } from "vitest";
import { parseMerchant } from "../../../protocol/merchant.ts";
import { matchRoute } from "../../../protocol/route.ts";
import { actionsOf, permissionsIn } from "./permissions.ts";
import { build, certificateIn, merchantInput, ofType, templateOf, the } from "./support.ts";

vi.mock("../../../lib/bundle/bundle.ts", () => import("./fake-bundles.ts"));

const behaviorSchema = v.looseObject({
  PathPattern: v.optional(v.string(), "*"),
  CachePolicyId: v.unknown(),
  LambdaFunctionAssociations: v.array(v.looseObject({ EventType: v.string() })),
});

const distributionSchema = v.looseObject({
  DefaultCacheBehavior: behaviorSchema,
  CacheBehaviors: v.optional(v.array(behaviorSchema), []),
  CustomErrorResponses: v.array(v.object({ ErrorCode: v.number(), ErrorCachingMinTTL: v.number() })),
});

const template = templateOf(build().edge);
const distribution = distributionOf(template);
const behaviors = [distribution.DefaultCacheBehavior, ...distribution.CacheBehaviors];
const permissions = permissionsIn(template);

function distributionOf(from: typeof template) {
  return v.parse(
    distributionSchema,
    the(from, "AWS::CloudFront::Distribution").Properties["DistributionConfig"],
  );
}

describe("every behavior", () => {
  test("sends each request with its body through the gateway's function, and none through another", () => {
    const version = ofType(template, "AWS::Lambda::Version").map(([id]) => ({ Ref: id }));
    expect(version).toHaveLength(1);
    for (const { LambdaFunctionAssociations } of behaviors) {
      expect(LambdaFunctionAssociations).toEqual([
        { EventType: "viewer-request", IncludeBody: true, LambdaFunctionARN: version[0] },
      ]);
    }
  });

  test("refuses plain HTTP, takes every method, and sends on all but the viewer's Host", () => {
    const { originRequestPolicyId } = OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER;
    for (const behavior of behaviors) {
      expect(behavior).toMatchObject({
        ViewerProtocolPolicy: "https-only",
        AllowedMethods: expect.arrayContaining(["GET", "HEAD", "OPTIONS", "POST"]),
        OriginRequestPolicyId: originRequestPolicyId,
      });
    }
  });
});

describe("the cache", () => {
  test("is off, but for the price list", () => {
    expect(distribution.DefaultCacheBehavior.CachePolicyId).toBe(CachePolicy.CACHING_DISABLED.cachePolicyId);
    expect(distribution.CacheBehaviors.map(({ PathPattern }) => PathPattern)).toEqual(["/v1/plans"]);
  });

  test("is never where a price is asked", () => {
    const { catalog } = parseMerchant(merchantInput()).config;
    for (const { PathPattern } of distribution.CacheBehaviors) {
      expect(PathPattern).not.toMatch(/[*?]/);
      expect(matchRoute(catalog, PathPattern)).toMatchObject({ kind: "found", route: { kind: "free" } });
    }
  });

  test("knows a request by its path alone, and keeps the answer for a minute", () => {
    expect(the(template, "AWS::CloudFront::CachePolicy").Properties["CachePolicyConfig"]).toMatchObject({
      MinTTL: 60,
      MaxTTL: 60,
      ParametersInCacheKeyAndForwardedToOrigin: {
        CookiesConfig: { CookieBehavior: "none" },
        HeadersConfig: { HeaderBehavior: "none" },
        QueryStringsConfig: { QueryStringBehavior: "none" },
      },
    });
  });

  test("keeps no error, as CloudFront would for ten seconds", () => {
    const codes = distribution.CustomErrorResponses.map(({ ErrorCode }) => ErrorCode);
    expect(codes).toEqual([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]);
    expect(distribution.CustomErrorResponses.every((each) => each.ErrorCachingMinTTL === 0)).toBe(true);
  });
});

test("the distribution answers everywhere, by HTTP/2 and HTTP/3, and reaches the origin by TLS 1.2", () => {
  expect(distribution).toMatchObject({
    Enabled: true,
    HttpVersion: "http2and3",
    PriceClass: "PriceClass_All",
    Origins: [
      {
        CustomOriginConfig: {
          OriginProtocolPolicy: "https-only",
          OriginSSLProtocols: ["TLSv1.2"],
          OriginReadTimeout: 30,
        },
      },
    ],
  });
});

test("the function is what Lambda@Edge takes: small, without an environment, and a version that stays", () => {
  const { Properties } = the(template, "AWS::Lambda::Function", "PaywallEdgeViewerRequest");
  expect(Properties).toMatchObject({
    Runtime: "nodejs22.x",
    Architectures: ["x86_64"],
    MemorySize: 128,
    Timeout: 5,
    Handler: "index.handler",
  });
  for (const unsupported of ["Environment", "Layers", "VpcConfig", "TracingConfig", "DeadLetterConfig"]) {
    expect(Properties).not.toHaveProperty(unsupported);
  }
  expect(the(template, "AWS::Lambda::Version")).toMatchObject({ DeletionPolicy: "Retain" });
});

test("the function's role is for Lambda and its edge, and may write logs and nothing else", () => {
  const { Properties } = the(template, "AWS::IAM::Role", "PaywallEdgeViewerRequest");
  expect(Properties).not.toHaveProperty("ManagedPolicyArns");
  expect(Properties["AssumeRolePolicyDocument"]).toMatchObject({
    Statement: [
      { Principal: { Service: "lambda.amazonaws.com" } },
      { Principal: { Service: "edgelambda.amazonaws.com" } },
    ],
  });
  expect(actionsOf(permissions, "PaywallEdgeViewerRequest")).toEqual([
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
  ]);
});

test("the function's logs expire in every region where it may run", () => {
  const regions = ofType(template, "Custom::LogRetention").map(([, { Properties }]) => Properties);
  expect(regions.map((each) => each["LogGroupRegion"])).toEqual(
    expect.arrayContaining(["us-east-1", "eu-central-1", "ap-southeast-2", "sa-east-1"]),
  );
  expect(regions.every((each) => each["RetentionInDays"] === 90)).toBe(true);
});

describe("AWS WAF", () => {
  const webAcl = the(template, "AWS::WAFv2::WebACL").Properties;

  test("stands before the distribution", () => {
    const [[id] = []] = ofType(template, "AWS::WAFv2::WebACL");
    expect(webAcl["Scope"]).toBe("CLOUDFRONT");
    expect(distribution["WebACLId"]).toEqual({ "Fn::GetAtt": [id, "Arn"] });
  });

  test("counts an address's requests before any other rule, and blocks above the configured rate", () => {
    expect(webAcl["Rules"]).toMatchObject([
      {
        Priority: 0,
        Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
        Statement: {
          RateBasedStatement: { Limit: 2_000, EvaluationWindowSec: 300, AggregateKeyType: "IP" },
        },
      },
      {
        Priority: 1,
        Statement: { ManagedRuleGroupStatement: { Name: "AWSManagedRulesKnownBadInputsRuleSet" } },
      },
      { Priority: 2, Statement: { ManagedRuleGroupStatement: { Name: "AWSManagedRulesCommonRuleSet" } } },
    ]);
  });

  test("blocks no body for its size or its text", () => {
    const counts = ["SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY"];
    expect(JSON.stringify(webAcl["Rules"])).not.toContain('"Block":{}');
    for (const Name of counts) {
      expect(JSON.stringify(webAcl["Rules"])).toContain(JSON.stringify({ ActionToUse: { Count: {} }, Name }));
    }
  });

  test("keeps no samples of requests, which hold signatures and tokens", () => {
    expect(JSON.stringify(webAcl)).not.toContain('"SampledRequestsEnabled":true');
  });
});

test("access logs lie in a private bucket, without queries and cookies, and expire", () => {
  const fields = v.parse(
    v.array(v.string()),
    the(template, "AWS::Logs::Delivery").Properties["RecordFields"],
  );
  expect(fields).toContain("cs-uri-stem");
  expect(fields.filter((field) => /query|cookie|referer/i.test(field))).toEqual([]);
  expect(the(template, "AWS::S3::Bucket").Properties).toMatchObject({
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true },
    LifecycleConfiguration: { Rules: [{ ExpirationInDays: 90 }] },
  });
});

describe("by configuration", () => {
  test("a domain of one's own has its certificate and TLS 1.2", () => {
    const domain = { name: "pay.acme.io", certificateArn: certificateIn("us-east-1") };
    const { edge } = build(merchantInput({ domain }, { publicUrl: "https://pay.acme.io" }));
    const own = templateOf(edge);
    expect(distributionOf(own)).toMatchObject({
      Aliases: ["pay.acme.io"],
      ViewerCertificate: { MinimumProtocolVersion: "TLSv1.2_2021", SslSupportMethod: "sni-only" },
    });
    expect(own.Outputs["PublicUrl"]?.Value).toBe("https://pay.acme.io");
  });

  test("the function reads one secret, in its own region, and no other", () => {
    const stored = templateOf(build(merchantInput({ secrets: "secrets-manager" })).edge);
    const [[secret] = []] = ofType(stored, "AWS::SecretsManager::Secret");
    const reads = permissionsIn(stored).filter(({ role, action }) => {
      return role.startsWith("PaywallEdgeViewerRequest") && action.startsWith("secretsmanager:");
    });
    expect(reads).toMatchObject([
      { action: "secretsmanager:GetSecretValue", resource: JSON.stringify({ Ref: secret }) },
    ]);
  });

  test("the function's limits and the rate are the merchant's", () => {
    const edge = { memoryMb: 512, timeoutSeconds: 10 };
    const own = templateOf(build(merchantInput({ edge, requestsPerFiveMinutes: 50 })).edge);
    const { Properties } = the(own, "AWS::Lambda::Function", "PaywallEdgeViewerRequest");
    expect(Properties).toMatchObject({ MemorySize: 512, Timeout: 10 });
    expect(the(own, "AWS::WAFv2::WebACL").Properties["Rules"]).toMatchObject([
      { Statement: { RateBasedStatement: { Limit: 50 } } },
      {},
      {},
    ]);
  });
});
