/** Turns a distribution's model into what the CloudFront emulator serves, with the bundles as its functions. */

import type { CloudFrontRequestResult, CloudFrontResponseResult } from "aws-lambda";
import * as v from "valibot";
import type { Behavior, Distribution, Origin } from "../cloudfront/distribution.ts";
import { RuleBroken } from "../cloudfront/rules.ts";
import { FunctionTimedOut } from "../lambda/fault.ts";
import type { LocalFunction } from "../lambda/function.ts";
import { AssemblyError } from "./assembly-error.ts";
import type { BehaviorModel, DistributionModel, OriginModel } from "./distribution.ts";
import type { FunctionPool } from "./run-functions.ts";

/** The emulator itself judges what a function returns, so nothing is asked of it here. */
const requestResult = v.custom<CloudFrontRequestResult>(() => true);
const responseResult = v.custom<CloudFrontResponseResult>(() => true);

/** @param domains URLs on this machine of what the distribution knows by AWS's names. @throws AssemblyError */
export function playDistribution(
  { id, domainName, origins, behaviors }: DistributionModel,
  functions: FunctionPool,
  domains: ReadonlyMap<string, string>,
): Distribution {
  return {
    id,
    domainName,
    origins: Object.fromEntries(
      Object.entries(origins).map(([name, origin]) => [name, playOrigin(origin, domains)]),
    ),
    behaviors: behaviors.map((behavior) => playBehavior(behavior, functions)),
  };
}

function playOrigin(origin: OriginModel, domains: ReadonlyMap<string, string>): Origin {
  const { domainName, httpPort, originPath, customHeaders, readTimeoutSeconds } = origin;
  const url = httpPort === undefined ? domains.get(domainName) : `http://${domainName}:${httpPort}`;
  if (url === undefined) throw new AssemblyError(`the origin ${domainName} is not on this machine`);
  return {
    url,
    customHeaders,
    ...(originPath === undefined ? {} : { originPath }),
    ...(readTimeoutSeconds === undefined ? {} : { readTimeoutSeconds }),
  };
}

function playBehavior(
  { pathPattern, origin, allowedMethods, viewerRequest, originResponse }: BehaviorModel,
  functions: FunctionPool,
): Behavior {
  return {
    pathPattern,
    origin,
    allowedMethods,
    ...(viewerRequest && {
      viewerRequest: {
        handler: atEdge(functions(viewerRequest.functionArn), requestResult),
        includeBody: viewerRequest.includeBody,
      },
    }),
    ...(originResponse && {
      originResponse: { handler: atEdge(functions(originResponse.functionArn), responseResult) },
    }),
  };
}

/** CloudFront answers a timeout otherwise than a fault, so it must hear of it in its own terms. */
function atEdge<Result>({ invoke }: LocalFunction, schema: v.GenericSchema<unknown, Result>) {
  return async (event: unknown): Promise<Result> => {
    try {
      return v.parse(schema, await invoke(event));
    } catch (error) {
      throw error instanceof FunctionTimedOut ? new RuleBroken("function_timed_out", error.message) : error;
    }
  };
}
