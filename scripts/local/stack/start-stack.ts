/**
 * The whole system on this machine: chains, facilitator, DynamoDB, supplier, origin behind API Gateway, and the
 * gateway behind CloudFront. Nothing of it is a stand-in for our own code, and it talks to nothing outside.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TracedLog, TracedLogEvent } from "../../../edge/log.ts";
import type { OriginResponseHandler } from "../../../edge/origin-response-handler.ts";
import type { ViewerRequestHandler } from "../../../edge/viewer-request.ts";
import type { OriginHandler } from "../../../origin/http/app.ts";
import type { TracedOriginEvent } from "../../../origin/log.ts";
import { createTelemetry } from "../../../origin/telemetry/telemetry.ts";
import { type Config, type ConfigInput, parseConfig } from "../../../protocol/config.ts";
import type { MerchantInput } from "../../../protocol/merchant.ts";
import { type Network, networks } from "../../../protocol/network.ts";
import { startApiGateway } from "../api-gateway/api-gateway.ts";
import { type LocalChain, startChain } from "../chain/start-chain.ts";
import { type CloudFront, startCloudFront } from "../cloudfront/cloudfront.ts";
import { type LocalDynamo, startDynamo } from "../dynamo/start-dynamo.ts";
import { type LocalFacilitator, startFacilitator } from "../facilitator/start-facilitator.ts";
import { type SimulatedSupplier, startSupplier } from "../supplier/supplier.ts";
import { startTraceReceiver, type TraceReceiver } from "../telemetry/receiver.ts";
import { startThirdParty, type ThirdParty } from "../third-party/start-third-party.ts";
import { type ArchiveFolder, archiveFolder } from "./archive-folder.ts";
import { type Closers, createClosers } from "./closers.ts";
import { localConfig } from "./local-config.ts";
import { registerWebhook } from "./register-webhook.ts";
import { startSchedules } from "./schedules.ts";
import { addressOf, cdpPublicKey, type LocalSecrets, localSecrets } from "./secrets.ts";
import {
  createLocalOrigin,
  createLocalOriginResponse,
  createLocalViewerRequest,
  localDistribution,
} from "./site.ts";

/** The chains that can be started, by the names agents use. */
export const localChains = ["polygon", "base", "arbitrum"] as const;

export type LocalChainName = (typeof localChains)[number];

/** 1,000 USDC. */
const PAYER_FUNDS = 1_000_000_000n;
const REFUND_FUNDS = 1_000_000_000n;

const TABLE = "edge402-purchases";

export type StackLogEvent = { readonly at: "edge" | "origin" } & (TracedLogEvent | TracedOriginEvent);

export interface StackOptions {
  /** @default Polygon alone */
  readonly chains?: readonly LocalChainName[];
  /** How many gateways stand in front of the one origin, as CloudFront runs many. @default 1 */
  readonly gateways?: number;
  /** The first gateway's port; the rest of the stack takes free ones. @default 0, a free one */
  readonly port?: number;
  /** Keeps chains, table, supplier, archive and keys here between runs. @default nothing is kept */
  readonly dataDir?: string;
  /** Milliseconds from the supplier's order to its profile. */
  readonly allocationDelayMs?: number;
  /** Replaces parts of `edge402.config.ts`. */
  readonly config?: Partial<
    Pick<
      ConfigInput,
      | "budgets"
      | "proofs"
      | "unclaimedAfterSeconds"
      | "settle"
      | "upfront"
      | "maxTimeoutSeconds"
      | "invoiceTtlSeconds"
      | "catalog"
    >
  >;
  readonly log?: (event: StackLogEvent) => void;
  /** Runs the bundles of the synthesized CDK app, wired as its templates say. @default our source, wired by hand */
  readonly assembly?: boolean;
  /** Replaces parts of how `edge402.config.ts` deploys them; only an assembly heeds it. */
  readonly deploy?: NonNullable<MerchantInput["deploy"]>;
  /** Whether anybody takes up what its driver left; an assembly always does. @default true */
  readonly sweeper?: boolean;
  /** Collects traces. @default false */
  readonly traces?: boolean;
  /** Told what is being started. */
  readonly progress?: (what: string) => void;
}

export interface Stack {
  readonly config: Config;
  /** The first gateway's URL: where agents go. */
  readonly url: string;
  readonly gateways: readonly [CloudFront, ...CloudFront[]];
  readonly originUrl: string;
  /** The origin where `settle` is `origin-response`; then nothing asks the supplier or the table. */
  readonly thirdParty: ThirdParty | null;
  readonly chains: readonly [LocalChain, ...LocalChain[]];
  chain(name: LocalChainName): LocalChain;
  readonly facilitator: LocalFacilitator;
  readonly supplier: SimulatedSupplier;
  readonly dynamo: LocalDynamo;
  readonly secrets: LocalSecrets;
  readonly archive: ArchiveFolder;
  readonly traces: TraceReceiver | null;
  /** Ends everything that was started. */
  close(): Promise<void>;
}

/**
 * @throws PortTakenError
 * @throws ChainBinaryMissingError
 * @throws SupplierMemoryError
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const closers = createClosers();
  try {
    return await start(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(options: StackOptions, closers: Closers): Promise<Stack> {
  const backends = await startBackends(options, closers);
  const { chains } = backends;
  options.progress?.("Starting the origin and the gateway");
  const site =
    options.assembly === true
      ? // Loaded only here: CDK takes seconds to.
        await (await import("./assembly-site.ts")).startAssemblySite(options, closers, backends)
      : await startSite(options, closers, backends);
  if (site.thirdParty === null) await registerWebhook(site.url, backends);
  const chain = (name: LocalChainName) => {
    const found = chains.find(({ network }) => network.chain === name);
    if (found === undefined) throw new Error(`${name} is not switched on`);
    return found;
  };
  return { ...backends, ...site, chain, close: closers.close };
}

export type Backends = Pick<Stack, "chains" | "facilitator" | "supplier" | "dynamo" | "secrets" | "archive">;

/** All that is not ours: chains, facilitator, table, supplier; and the keys that we and they share. */
export async function startBackends(options: StackOptions, closers: Closers): Promise<Backends> {
  const { dataDir, progress = () => {} } = options;
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const kept = (name: string) => (dataDir === undefined ? undefined : join(dataDir, name));
  const secrets = localSecrets(kept("secrets.json"));

  const names = options.chains ?? ["polygon"];
  progress(`Starting a chain for ${names.map((name) => networks[name].label).join(", ")}`);
  const started = await Promise.all(
    names.map(async (name) =>
      closers.add(await startFundedChain(networks[name], secrets, kept(`${name}.json`))),
    ),
  );
  const chains = atLeastOne(started, "the stack needs a chain");

  progress("Starting the facilitator, DynamoDB and the eSIM supplier");
  const [path, file, allocationDelayMs] = [kept("table"), kept("supplier.json"), options.allocationDelayMs];
  const supplier = await startSupplier({
    accessCode: secrets.supplierAccessCode,
    secretKey: secrets.supplierSecretKey,
    ...(allocationDelayMs === undefined ? {} : { allocationDelayMs }),
    ...(file === undefined ? {} : { file }),
  }).then(closers.add);
  const [facilitator, dynamo] = await Promise.all([
    startFacilitator({
      chains,
      cdpKeys: [{ id: secrets.cdpKeyId, publicKey: cdpPublicKey(secrets) }],
      settlerKey: secrets.settlerKey,
    }).then(closers.add),
    startDynamo({ table: TABLE, ...(path === undefined ? {} : { path }) }).then(closers.add),
  ]);
  const archive = closers.add(archiveFolder(kept("archive")));
  return { chains, facilitator, dynamo, supplier, secrets, archive };
}

/** The origin behind API Gateway behind CloudFront. They listen first: the configuration names the gateway's URL. */
async function startSite(
  options: StackOptions,
  closers: Closers,
  backends: Backends,
): Promise<Pick<Stack, "config" | "url" | "gateways" | "originUrl" | "thirdParty" | "traces">> {
  const { supplier, dynamo, secrets, archive } = backends;
  const log = options.log ?? (() => {});
  const notYet = async (): Promise<never> => {
    throw new Error("the stack is still starting");
  };
  const handlers: {
    origin: OriginHandler;
    viewerRequests: ViewerRequestHandler[];
    originResponses: OriginResponseHandler[];
  } = { origin: notYet, viewerRequests: [], originResponses: [] };

  const isPlain = options.config?.settle === "origin-response";
  const thirdParty = isPlain ? closers.add(await startThirdParty()) : null;
  const { url: originUrl } =
    thirdParty ?? closers.add(await startApiGateway({ handler: (event) => handlers.origin(event) }));
  const startGateway = (_: unknown, index: number) =>
    startCloudFront({
      distribution: localDistribution(
        originUrl,
        (event) => (handlers.viewerRequests[index] ?? notYet)(event),
        isPlain ? (event) => (handlers.originResponses[index] ?? notYet)(event) : undefined,
      ),
      port: index === 0 ? (options.port ?? 0) : 0,
    }).then(closers.add);
  const startedGateways = await Promise.all(Array.from({ length: options.gateways ?? 1 }, startGateway));
  const gateways = atLeastOne(startedGateways, "the stack needs a gateway");

  const config = parseConfig(localConfig(options, backends, gateways[0].url));
  const traces = options.traces === true ? closers.add(await startTraceReceiver()) : null;
  if (!isPlain) {
    const originLog = (event: TracedOriginEvent) => log({ at: "origin", ...event });
    const service = config.serviceName;
    const originBackends = {
      table: dynamo.table,
      dynamo: dynamo.clientConfig,
      supplierUrl: supplier.url,
      archiveDir: archive.dir,
      loopbackWebhooks: true,
      telemetry: createTelemetry({ service, otlpUrl: traces?.url, log: originLog }),
    };
    const origin = closers.add(await createLocalOrigin(config, secrets, originBackends, originLog));
    handlers.origin = origin.handler;
    startSchedules(origin, closers, options);
  }
  const edgeLog: TracedLog = (event, traceId) => log({ at: "edge", ...event, trace_id: traceId() });
  handlers.viewerRequests = gateways.map(() => createLocalViewerRequest(config, secrets, edgeLog));
  handlers.originResponses = gateways.map(() => createLocalOriginResponse(config, secrets, edgeLog));
  return { config, url: gateways[0].url, gateways, originUrl, thirdParty, traces };
}

async function startFundedChain(
  network: Network,
  secrets: LocalSecrets,
  stateFile: string | undefined,
): Promise<LocalChain> {
  const chain = await startChain({
    network,
    funded: [addressOf(secrets.settlerKey)],
    ...(stateFile === undefined ? {} : { stateFile }),
  });
  for (const [key, funds] of [
    [secrets.payerKey, PAYER_FUNDS],
    [secrets.refundKey, REFUND_FUNDS],
  ] as const) {
    const missing = funds - (await chain.usdcBalance(addressOf(key)));
    if (missing > 0n) await chain.mintUsdc(addressOf(key), missing);
  }
  return chain;
}

function atLeastOne<Item>(items: readonly Item[], complaint: string): readonly [Item, ...Item[]] {
  const [first, ...others] = items;
  if (first === undefined) throw new Error(complaint);
  return [first, ...others];
}
