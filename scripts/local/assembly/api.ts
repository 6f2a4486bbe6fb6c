/** The HTTP API of an assembly: one `$default` route to one function. */

import * as v from "valibot";
import { AssemblyError } from "./assembly-error.ts";
import type { Templates } from "./templates.ts";

export interface ApiModel {
  /** As the distribution names it. */
  readonly domainName: string;
  readonly functionArn: string;
  readonly timeoutMs: number;
}

const apiSchema = v.strictObject({
  DisableExecuteApiEndpoint: v.optional(v.literal(false)),
  Name: v.string(),
  ProtocolType: v.literal("HTTP"),
});

const routeSchema = v.strictObject({
  ApiId: v.string(),
  AuthorizationType: v.optional(v.literal("NONE")),
  RouteKey: v.literal("$default"),
  Target: v.pipe(v.string(), v.startsWith("integrations/")),
});

const integrationSchema = v.strictObject({
  ApiId: v.string(),
  IntegrationType: v.literal("AWS_PROXY"),
  IntegrationUri: v.string(),
  PayloadFormatVersion: v.literal("2.0"),
  TimeoutInMillis: v.optional(v.number(), 30_000),
});

const stageSchema = v.strictObject({
  ApiId: v.string(),
  AutoDeploy: v.literal(true),
  StageName: v.literal("$default"),
});

/** Throttling is not played: it is far above what one machine asks. */
const unplayedOfStages = ["AccessLogSettings", "DefaultRouteSettings", "Tags"];

/** Null where the assembly has none. @throws AssemblyError when it has what is not played, as an address of its own */
export function apiOf(templates: Templates): ApiModel | null {
  const [api, ...others] = templates.all("AWS::ApiGatewayV2::Api");
  if (api === undefined) return null;
  templates.parse(api, apiSchema, ["Description", "Tags"]);
  const [route, ...otherRoutes] = templates.all("AWS::ApiGatewayV2::Route");
  const [integration, ...otherIntegrations] = templates.all("AWS::ApiGatewayV2::Integration");
  const [stage, ...otherStages] = templates.all("AWS::ApiGatewayV2::Stage");
  const isOne = [others, otherRoutes, otherIntegrations, otherStages].every(({ length }) => length === 0);
  if (!isOne || route === undefined || integration === undefined || stage === undefined) {
    throw new AssemblyError("expected one API with one route, one integration and one stage");
  }
  templates.parse(route, routeSchema);
  templates.parse(stage, stageSchema, unplayedOfStages);
  const { IntegrationUri, TimeoutInMillis } = templates.parse(integration, integrationSchema);
  return {
    domainName: `${templates.ref(api)}.execute-api.${api.region}.amazonaws.com`,
    functionArn: IntegrationUri,
    timeoutMs: TimeoutInMillis,
  };
}
