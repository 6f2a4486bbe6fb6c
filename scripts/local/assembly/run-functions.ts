/** An assembly's functions in the runner: those of the origin's region once, those at the edge once for each place. */

import { localCredentials } from "../aws/credentials.ts";
import { runtimeEnvironment } from "../lambda/environment.ts";
import { createFunction, type LocalFunction } from "../lambda/function.ts";
import { AssemblyError } from "./assembly-error.ts";
import { type FunctionModel, functionOf } from "./functions.ts";
import type { Services } from "./services.ts";

export type Side = "edge" | "origin";

/** Told every line that a function writes. */
export type LineLog = (at: Side, line: string) => void;

/** By ARN, with or without a version. Starts nothing before the first event. @throws AssemblyError */
export type FunctionPool = (arn: string) => LocalFunction;

/** Where CloudFront is supposed to run the edge's functions: another region than any stack's. */
const EDGE_LOCATION = "eu-north-1";

export interface FunctionsOptions {
  readonly services: Services;
  readonly log: LineLog;
  readonly opened: (closable: LocalFunction) => void;
}

export function createOriginFunctions(options: FunctionsOptions): FunctionPool {
  return pool(options, "origin", (model) => ({
    ...lambdaVariables(model, model.name, model.region),
    ...options.services.endpointsIn(model.region),
    ...model.environment,
  }));
}

/**
 * Lambda@Edge gives functions no variables of their own. Those that stand in for AWS's addresses are here because a
 * function that reads its secrets finds Secrets Manager by them.
 */
export function createEdgeFunctions(options: FunctionsOptions): FunctionPool {
  return pool(options, "edge", (model) => {
    if (Object.keys(model.environment).length > 0) {
      throw new AssemblyError(`${model.name}: Lambda@Edge takes no function with variables`);
    }
    const { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint } = options.services.endpointsIn(model.region);
    return {
      ...lambdaVariables(model, `${model.region}.${model.name}`, EDGE_LOCATION),
      ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint }),
    };
  });
}

function lambdaVariables({ memoryMb, handler }: FunctionModel, functionName: string, region: string) {
  return runtimeEnvironment({ functionName, region, memoryMb, handler, credentials: localCredentials });
}

function pool(
  { services, log, opened }: FunctionsOptions,
  side: Side,
  environmentOf: (model: FunctionModel) => Readonly<Record<string, string>>,
): FunctionPool {
  const running = new Map<string, LocalFunction>();
  return (arn) => {
    const model = functionOf(services.templates, arn);
    const found = running.get(model.arn);
    if (found !== undefined) return found;
    const { name, directory, handler, timeoutMs, memoryMb } = model;
    const made = createFunction({
      name,
      directory,
      handler,
      timeoutMs,
      memoryMb,
      env: environmentOf(model),
      log: (line) => log(side, line),
    });
    opened(made);
    running.set(model.arn, made);
    return made;
  };
}
