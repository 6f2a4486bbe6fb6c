/**
 * Runs a synthesized assembly on this machine: CloudFront and API Gateway in front of the very bundles that would be
 * deployed, the queue and the schedules that call the others, and the AWS services that they call.
 */

import * as v from "valibot";
import { startApiGateway } from "../api-gateway/api-gateway.ts";
import { startEventSource } from "../aws/event-source.ts";
import type { Distribution } from "../cloudfront/distribution.ts";
import type { LocalFunction } from "../lambda/function.ts";
import { repeat } from "../stack/repeat.ts";
import { apiOf } from "./api.ts";
import { distributionOf } from "./distribution.ts";
import { createEvent, scheduledEvent } from "./events.ts";
import { eventSourcesOf, schedulesOf, seedsOf } from "./functions.ts";
import { playDistribution } from "./play-distribution.ts";
import { readAssembly } from "./read-assembly.ts";
import { checkResourceTypes } from "./resource-types.ts";
import {
  createEdgeFunctions,
  createOriginFunctions,
  type FunctionPool,
  type LineLog,
} from "./run-functions.ts";
import { queueAt, type ServiceBackends, startServices } from "./services.ts";
import type { Templates } from "./templates.ts";

/** How much faster than on AWS the clock of schedules runs here: a minute is a second. */
export const SCHEDULE_SPEED = 60;

export interface AssemblyOptions {
  /** What `cdk synth` wrote. */
  readonly directory: string;
  /** Whether anybody may see a path's answers: only such a path may have a cache. */
  readonly isFree: (path: string) => boolean;
  readonly backends: ServiceBackends;
  /** How many places of the edge to run functions in. */
  readonly places: number;
  readonly log: LineLog;
  /** Told why a function of the origin failed, or what was wrong with its result. */
  readonly onError: (error: unknown) => void;
  /** Is given everything that was started, to be closed in the opposite order. */
  readonly opened: (closable: { close(): Promise<void> | void }) => void;
}

export interface RunningAssembly {
  /** One for each place, to be served by the CloudFront emulator. */
  readonly distributions: readonly Distribution[];
  /** Null where the assembly has no API. */
  readonly apiUrl: string | null;
  /** Null where the assembly has no table. */
  readonly table: string | null;
}

/** @throws AssemblyError when something in the assembly can't be played, or would fail on AWS */
export async function runAssembly(options: AssemblyOptions): Promise<RunningAssembly> {
  const { opened, log, isFree, places } = options;
  const stacks = readAssembly(options.directory);
  checkResourceTypes(stacks);
  const services = await startServices(stacks, options.backends, opened);
  const { templates } = services;
  const functions = collectFunctions(opened);
  const origin = createOriginFunctions({ services, log, opened: functions.add });

  for (const seed of seedsOf(templates)) await origin(seed.functionArn).invoke(createEvent(seed));
  // What fails because it is being ended is nobody's fault.
  const onError = (error: unknown) => {
    if (!functions.isClosing) options.onError(error);
  };
  const api = await startApi(templates, origin, { opened, onError });
  const unattended = (functionArn: string) => {
    const { invoke } = origin(functionArn);
    return async (event: unknown) => {
      try {
        return await invoke(event);
      } catch (error) {
        onError(error);
        throw error;
      }
    };
  };
  for (const { queueArn, functionArn, ...rest } of eventSourcesOf(templates)) {
    const queue = queueAt(services.queues, queueArn);
    opened(startEventSource({ queue, ...rest, invoke: unattended(functionArn) }));
  }
  for (const schedule of schedulesOf(templates)) {
    const invoke = unattended(schedule.functionArn);
    opened(repeat(() => invoke(scheduledEvent(schedule)), schedule.everyMs / SCHEDULE_SPEED));
  }
  const model = distributionOf(templates, isFree);
  const distributions = Array.from({ length: places }, () =>
    playDistribution(model, createEdgeFunctions({ services, log, opened: functions.add }), api.domains),
  );
  opened(functions);
  return { distributions, apiUrl: api.url, table: services.table };
}

interface RunningApi {
  readonly url: string | null;
  /** URLs by the names that the distribution knows. */
  readonly domains: ReadonlyMap<string, string>;
}

async function startApi(
  templates: Templates,
  functions: FunctionPool,
  { opened, onError }: Pick<AssemblyOptions, "opened" | "onError">,
): Promise<RunningApi> {
  const model = apiOf(templates);
  if (model === null) return { url: null, domains: new Map() };
  const { invoke } = functions(model.functionArn);
  const api = await startApiGateway({
    handler: async (event) => v.parse(anyResult, await invoke(event)),
    limits: { integrationTimeoutMs: model.timeoutMs },
    onError,
  });
  opened(api);
  return { url: api.url, domains: new Map([[model.domainName, api.url]]) };
}

/** The emulator itself judges what a function returns. */
const anyResult = v.custom<object>(() => true);

/**
 * All functions, to be closed as one. First of everything: queue and schedules wait for what is under way, which may
 * take a minute on AWS and would here.
 */
function collectFunctions(opened: AssemblyOptions["opened"]) {
  const all: LocalFunction[] = [];
  let isClosing = false;
  return {
    get isClosing() {
      return isClosing;
    },
    add(made: LocalFunction) {
      all.push(made);
      // Also by itself, should the start fail half-way.
      opened(made);
    },
    async close() {
      isClosing = true;
      await Promise.all(all.map((made) => made.close()));
    },
  };
}
