/**
 * The CloudFront distribution of an assembly. Whatever the emulator does not play is refused by name, above all what
 * would cost money on AWS: a cache on a paid path, a Host that API Gateway refuses, requests in the clear.
 */

import * as v from "valibot";
import type { Behavior } from "../cloudfront/distribution.ts";
import { AssemblyError } from "./assembly-error.ts";
import type { Templates } from "./templates.ts";

export interface BehaviorModel {
  readonly pathPattern: string;
  /** A name in {@link DistributionModel.origins}. */
  readonly origin: string;
  readonly allowedMethods: Behavior["allowedMethods"];
  readonly viewerRequest: { readonly functionArn: string; readonly includeBody: boolean } | undefined;
  readonly originResponse: { readonly functionArn: string } | undefined;
}

export interface OriginModel {
  readonly domainName: string;
  /** Of an origin that is asked without TLS; undefined where TLS is used. */
  readonly httpPort: number | undefined;
  readonly originPath: string | undefined;
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly readTimeoutSeconds: number | undefined;
}

export interface DistributionModel {
  readonly id: string;
  readonly domainName: string;
  readonly origins: Readonly<Record<string, OriginModel>>;
  /** In CloudFront's order; the last is `*`. */
  readonly behaviors: readonly BehaviorModel[];
}

/** CloudFront Developer Guide, "Use managed cache policies" and "Use managed origin request policies". */
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

const associationSchema = v.strictObject({
  EventType: v.picklist(["viewer-request", "origin-response"]),
  LambdaFunctionARN: v.pipe(v.string(), v.regex(/:\d+$/, "expected a numbered version")),
  IncludeBody: v.optional(v.boolean(), false),
});

const behaviorFields = {
  AllowedMethods: v.array(v.string()),
  CachePolicyId: v.string(),
  CachedMethods: v.optional(v.array(v.string())),
  Compress: v.optional(v.boolean()),
  LambdaFunctionAssociations: v.optional(v.array(associationSchema), []),
  OriginRequestPolicyId: v.literal(ALL_VIEWER_EXCEPT_HOST_HEADER),
  TargetOriginId: v.string(),
  ViewerProtocolPolicy: v.picklist(["https-only", "redirect-to-https"]),
};

const originSchema = v.strictObject({
  Id: v.string(),
  DomainName: v.string(),
  OriginPath: v.optional(v.string()),
  OriginCustomHeaders: v.optional(
    v.array(v.strictObject({ HeaderName: v.string(), HeaderValue: v.string() })),
    [],
  ),
  CustomOriginConfig: v.strictObject({
    HTTPPort: v.optional(v.number(), 80),
    OriginProtocolPolicy: v.picklist(["https-only", "http-only"]),
    OriginReadTimeout: v.optional(v.number()),
    OriginSSLProtocols: v.optional(v.array(v.literal("TLSv1.2"))),
  }),
});

const distributionSchema = v.strictObject({
  DistributionConfig: v.strictObject({
    Aliases: v.optional(v.array(v.string())),
    CacheBehaviors: v.optional(v.array(v.strictObject({ ...behaviorFields, PathPattern: v.string() })), []),
    Comment: v.optional(v.string()),
    // With a page of its own for a status, CloudFront would put that in the place of a 402.
    CustomErrorResponses: v.optional(
      v.array(v.strictObject({ ErrorCode: v.number(), ErrorCachingMinTTL: v.literal(0) })),
    ),
    DefaultCacheBehavior: v.strictObject(behaviorFields),
    Enabled: v.literal(true),
    HttpVersion: v.optional(v.string()),
    IPV6Enabled: v.optional(v.boolean()),
    Origins: v.array(originSchema),
    PriceClass: v.optional(v.string()),
    ViewerCertificate: v.optional(v.unknown()),
    WebACLId: v.optional(v.string()),
  }),
  Tags: v.optional(v.unknown()),
});

type BehaviorProperties = v.InferOutput<v.StrictObjectSchema<typeof behaviorFields, undefined>>;

/**
 * @param isFree whether every answer under a path may be anybody's; only such a path may have a cache
 * @throws AssemblyError
 */
export function distributionOf(templates: Templates, isFree: (path: string) => boolean): DistributionModel {
  const [placed, ...others] = templates.all("AWS::CloudFront::Distribution");
  if (placed === undefined || others.length > 0) throw new AssemblyError("expected one distribution");
  const { DistributionConfig: config } = templates.parse(placed, distributionSchema);
  const behaviors = [
    ...config.CacheBehaviors.map(({ PathPattern, ...properties }) =>
      behavior(PathPattern, properties, isFree),
    ),
    behavior("*", config.DefaultCacheBehavior, isFree),
  ];
  return {
    id: templates.ref(placed),
    domainName: templates.attribute(placed, "DomainName"),
    origins: Object.fromEntries(config.Origins.map((origin) => [origin.Id, originOf(origin)])),
    behaviors,
  };
}

function behavior(
  pathPattern: string,
  properties: BehaviorProperties,
  isFree: (path: string) => boolean,
): BehaviorModel {
  // A cache may always be empty, and here it is: what is played is a miss each time.
  if (properties.CachePolicyId !== CACHING_DISABLED && !isFree(pathPattern)) {
    throw new AssemblyError(
      `the behavior ${pathPattern} has a cache, and what it serves may be one buyer's own`,
    );
  }
  const byEvent = new Map(properties.LambdaFunctionAssociations.map((each) => [each.EventType, each]));
  const viewerRequest = byEvent.get("viewer-request");
  const originResponse = byEvent.get("origin-response");
  return {
    pathPattern,
    origin: properties.TargetOriginId,
    allowedMethods: methodSet(pathPattern, properties.AllowedMethods),
    viewerRequest: viewerRequest && {
      functionArn: viewerRequest.LambdaFunctionARN,
      includeBody: viewerRequest.IncludeBody,
    },
    originResponse: originResponse && { functionArn: originResponse.LambdaFunctionARN },
  };
}

const methodSets: Readonly<Record<string, Behavior["allowedMethods"]>> = {
  "GET HEAD": "GET_HEAD",
  "GET HEAD OPTIONS": "GET_HEAD_OPTIONS",
  "DELETE GET HEAD OPTIONS PATCH POST PUT": "ALL",
};

function methodSet(pathPattern: string, methods: readonly string[]): Behavior["allowedMethods"] {
  const found = methodSets[[...methods].sort().join(" ")];
  if (found === undefined) throw new AssemblyError(`${pathPattern}: CloudFront has no such set of methods`);
  return found;
}

function originOf(origin: v.InferOutput<typeof originSchema>): OriginModel {
  const { CustomOriginConfig: custom } = origin;
  return {
    domainName: origin.DomainName,
    httpPort: custom.OriginProtocolPolicy === "http-only" ? custom.HTTPPort : undefined,
    originPath: origin.OriginPath,
    customHeaders: Object.fromEntries(
      origin.OriginCustomHeaders.map(({ HeaderName, HeaderValue }) => [HeaderName, HeaderValue]),
    ),
    readTimeoutSeconds: custom.OriginReadTimeout,
  };
}
