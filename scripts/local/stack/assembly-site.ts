/**
 * Our own half of the local stack from a synthesized assembly: the CDK app is synthesized with the addresses of this
 * machine, and the very bundles that it would deploy run behind the emulators, wired as its templates say.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import defaultConfig from "../../../edge402.config.ts";
import type { DeploymentSecrets } from "../../../lib/secrets.ts";
import { type Config, parseConfig } from "../../../protocol/config.ts";
import type { MerchantInput } from "../../../protocol/merchant.ts";
import { matchRoute } from "../../../protocol/route.ts";
import { parseJson } from "../../../protocol/text.ts";
import { runAssembly } from "../assembly/run-assembly.ts";
import type { LineLog } from "../assembly/run-functions.ts";
import { synthesizePaywall, synthesizeStore } from "../assembly/synthesize.ts";
import { type CloudFront, startCloudFront } from "../cloudfront/cloudfront.ts";
import { checkDistribution, type Distribution } from "../cloudfront/distribution.ts";
import { INIT_TIMEOUT_MS } from "../lambda/instance.ts";
import { startTraceReceiver } from "../telemetry/receiver.ts";
import { startThirdParty } from "../third-party/start-third-party.ts";
import type { Closers } from "./closers.ts";
import { localConfig } from "./local-config.ts";
import type { LocalSecrets } from "./secrets.ts";
import type { Backends, Stack, StackLogEvent, StackOptions } from "./start-stack.ts";

type Site = Pick<Stack, "config" | "url" | "gateways" | "originUrl" | "thirdParty" | "traces" | "dynamo">;

/** @throws AssemblyError */
export async function startAssemblySite(
  options: StackOptions,
  closers: Closers,
  backends: Backends,
): Promise<Site> {
  const { dynamo, secrets, archive, supplier } = backends;
  const places = Array.from({ length: options.gateways ?? 1 }, emptyDistribution);
  const [first, ...others] = await Promise.all(
    places.map((distribution, index) =>
      startGateway(distribution, index === 0 ? (options.port ?? 0) : 0, closers),
    ),
  );
  if (first === undefined) throw new Error("the stack needs a gateway");
  const traces = options.traces === true ? closers.add(await startTraceReceiver()) : null;
  const input = localConfig(options, backends, first.url);
  const config = parseConfig(input);
  const thirdParty = config.settle === "origin-response" ? closers.add(await startThirdParty()) : null;

  options.progress?.("Synthesizing the stacks");
  const directory = temporaryFolder(closers);
  const merchant = { ...input, deploy: localDeployment(options.deploy, supplier.url, traces?.url) };
  const synthesis = { directory, merchant, secrets: deploymentSecrets(secrets) };
  if (thirdParty === null) synthesizeStore(synthesis);
  else synthesizePaywall(synthesis, thirdParty.url);

  options.progress?.("Starting what the stacks are made of");
  const running = await runAssembly({
    directory,
    isFree: (path) => isFree(config, path),
    backends: { dynamo, refundKey: secrets.refundKey, archiveDir: archive.dir },
    places: places.length,
    log: parsedLog(options.log),
    onError: (error) => process.stderr.write(`A function failed: ${String(error)}\n`),
    opened: closers.add,
  });
  for (const [index, distribution] of running.distributions.entries()) {
    checkDistribution(distribution);
    Object.assign(places[index] ?? {}, distribution);
  }
  const originUrl = thirdParty?.url ?? running.apiUrl;
  if (originUrl === null) throw new Error("the assembly has no origin");
  return {
    config,
    url: first.url,
    gateways: [first, ...others],
    originUrl,
    thirdParty,
    traces,
    dynamo: { ...dynamo, table: running.table ?? dynamo.table },
  };
}

/** The gateway's URL is built into the functions, so it listens before there is a distribution. */
function startGateway(distribution: Distribution, port: number, closers: Closers): Promise<CloudFront> {
  // The runner ends a function at the time that its template gives it, and does not count its cold start.
  const noLimit = 30_000 + INIT_TIMEOUT_MS;
  return startCloudFront({
    distribution,
    port,
    limits: { viewerRequestTimeoutMs: noLimit, originResponseFunctionTimeoutMs: noLimit },
  }).then(closers.add);
}

function emptyDistribution(): Distribution {
  return {
    id: "E0",
    domainName: "starting.cloudfront.net",
    origins: { none: { url: "http://127.0.0.1:9" } },
    behaviors: [{ pathPattern: "*", origin: "none", allowedMethods: "ALL" }],
  };
}

type Deploy = NonNullable<MerchantInput["deploy"]>;

/** As the merchant deploys it, but for what has no place on this machine: names of its own and certificates. */
function localDeployment(
  changes: Deploy | undefined,
  supplierUrl: string,
  otlpUrl: string | undefined,
): Deploy {
  const merchant: MerchantInput = defaultConfig;
  const { domain: _, originMtls: __, ...deploy } = { ...merchant.deploy, ...changes };
  return { ...deploy, supplierUrl, ...(otlpUrl === undefined ? {} : { otlpUrl }) };
}

function deploymentSecrets(secrets: LocalSecrets): DeploymentSecrets {
  const { cdpKeyId, cdpKeySecret, supplierAccessCode, supplierSecretKey } = secrets;
  const key = { id: 1, invoice: secrets.invoiceKey, grant: secrets.grantKey, access: secrets.accessSecret };
  return { cdpKeyId, cdpKeySecret, supplierAccessCode, supplierSecretKey, keys: [key] };
}

/** Whether what a path serves is free, and the same for everybody. */
function isFree({ catalog }: Config, path: string): boolean {
  const match = matchRoute(catalog, path);
  return match.kind === "found" && match.route.kind === "free" && match.route.orderId === undefined;
}

/** What our own bundles write has the shape that they were built with; anything else is no event. */
const eventSchema = v.custom<StackLogEvent>((value) => v.is(v.looseObject({ event: v.string() }), value));

function parsedLog(log: StackOptions["log"]): LineLog {
  return (at, line) => {
    const value = parseJson(line)?.value;
    if (log !== undefined && v.is(eventSchema, value)) log({ ...value, at });
  };
}

function temporaryFolder(closers: Closers): string {
  const directory = mkdtempSync(join(tmpdir(), "edge402-assembly-"));
  closers.add({ close: () => rmSync(directory, { recursive: true, force: true }) });
  return directory;
}
