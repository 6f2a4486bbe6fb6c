/** The paywall alone, before an origin of somebody else's, and what stops its synthesis. */

import { Stack } from "aws-cdk-lib";
import {
  Function as CloudFrontFunction,
  FunctionCode,
  FunctionEventType,
  LambdaEdgeEventType,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, test, vi } from "vitest";
import { checkWithNag } from "../../../lib/nag.ts";
import { X402Paywall, type X402PaywallProps } from "../../../lib/paywall/paywall.ts";
import { versionInterface } from "../../../lib/upcast.ts";
import { ConfigError } from "../../../protocol/config.ts";
import { build, merchantInput, sampleSecrets, templateOf, temporaryApp, the } from "./support.ts";

vi.mock("../../../lib/bundle/bundle.ts", () => import("./fake-bundles.ts"));

const origin = new HttpOrigin("api.acme.io");

function shop(props: Partial<X402PaywallProps> = {}, region = "us-east-1") {
  const app = temporaryApp();
  const stack = new Stack(app, "Shop", { env: { region } });
  const config = merchantInput();
  const paywall = new X402Paywall(stack, "Paywall", { config, secrets: sampleSecrets, origin, ...props });
  return { app, stack, paywall };
}

function viewerFunction(stack: Stack, props: { memorySize: number; architecture: Architecture }) {
  const lambda = new LambdaFunction(stack, "Own", {
    ...props,
    runtime: Runtime.NODEJS_22_X,
    code: Code.fromInline("exports.handler = async () => {};"),
    handler: "index.handler",
  });
  return versionInterface(lambda.currentVersion);
}

test("stands before any origin, caches nothing, and passes cdk-nag", () => {
  const { app, stack } = shop();
  checkWithNag(app);
  const distribution = the(templateOf(stack), "AWS::CloudFront::Distribution").Properties[
    "DistributionConfig"
  ];
  expect(distribution).toMatchObject({ Origins: [{ DomainName: "api.acme.io" }] });
  expect(distribution).not.toHaveProperty("CacheBehaviors");
});

test("with settle: origin-response, settles on the way back of every answer", () => {
  const { stack, paywall } = shop({ config: merchantInput({}, { settle: "origin-response" }) });
  expect(
    the(templateOf(stack), "AWS::CloudFront::Distribution").Properties["DistributionConfig"],
  ).toMatchObject({
    DefaultCacheBehavior: {
      LambdaFunctionAssociations: [
        { EventType: "viewer-request", IncludeBody: true },
        { EventType: "origin-response" },
      ],
    },
  });
  expect(paywall.originResponse?.timeout?.toSeconds()).toBe(30);
});

describe("synthesis stops at", () => {
  test("a stack that is not in us-east-1", () => {
    expect(() => shop({}, "eu-west-1")).toThrow('give Shop env: { region: "us-east-1" }');
  });

  test("a configuration that does not parse", () => {
    expect(() => shop({ config: merchantInput({}, { serviceName: "" }) })).toThrow(ConfigError);
  });

  test("a placeholder and every other fault, listed together", () => {
    const networks = merchantInput().networks.map((each) => ({ ...each, payTo: `0x${"0".repeat(40)}` }));
    const config = merchantInput({}, { networks, publicUrl: "https://api.example.com" });
    expect(() => shop({ config }).app.synth()).toThrow(/networks\.0\.payTo: [\s\S]+publicUrl: /);
  });

  test.each([
    "/report",
    "/v1/esim/activate",
    "/v1/orders/*",
    "/*",
    "/v1/orders/ord_1",
  ])("a cache for %s", (path) => {
    expect(() => shop({ cachedPaths: [path] })).toThrow(`${path} can't be cached`);
  });

  test("a CloudFront function beside the gateway's", () => {
    const { app, stack, paywall } = shop();
    const own = new CloudFrontFunction(stack, "Own", {
      code: FunctionCode.fromInline("function handler() {}"),
    });
    paywall.distribution.addBehavior("/own/*", origin, {
      edgeLambdas: [
        {
          eventType: LambdaEdgeEventType.VIEWER_REQUEST,
          functionVersion: versionInterface(paywall.viewerRequest.currentVersion),
        },
      ],
      functionAssociations: [{ function: own, eventType: FunctionEventType.VIEWER_RESPONSE }],
    });
    expect(() => app.synth()).toThrow("/own/* has Lambda@Edge and CloudFront Functions at viewer events");
  });

  test("a function that Lambda@Edge would not take, or would end", () => {
    const { app, stack, paywall } = shop();
    paywall.distribution.addBehavior("/own/*", origin, {
      edgeLambdas: [
        {
          eventType: LambdaEdgeEventType.VIEWER_RESPONSE,
          functionVersion: viewerFunction(stack, { memorySize: 256, architecture: Architecture.ARM_64 }),
        },
      ],
    });
    expect(() => app.synth()).toThrow(/viewer-response has 256 MB[\s\S]+is built for arm64/);
  });

  test("a finding of cdk-nag that nobody gave a reason for", () => {
    const { app, stack } = shop();
    new Bucket(stack, "Open");
    checkWithNag(app);
    expect(() => app.synth()).toThrow("AwsSolutions-S10");
  });

  test("an eSIM store that would settle on its own answer", () => {
    expect(() => build(merchantInput({}, { settle: "origin-response" }))).toThrow(/settle: .+X402Paywall/);
  });
});

test("what is run on one machine only is not checked against the world", () => {
  const networks = merchantInput().networks.map((each) => ({ ...each, rpcUrl: "http://127.0.0.1:8545" }));
  const config = merchantInput({}, { networks, publicUrl: "http://127.0.0.1:4020" });
  expect(() => shop({ config, local: true }).app.synth()).not.toThrow();
  expect(() => shop({ config }).app.synth()).toThrow("publicUrl");
});
