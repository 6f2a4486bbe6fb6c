/**
 * The system under test: gateways and origins as processes of their own, and a fault proxy on every way from
 * one of them to anything else. The backends run in this process, out of the faults' reach, so that they can be read.
 */

import defaultConfig from "../../edge402.config.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import { parseMerchant } from "../../protocol/merchant.ts";
import { openDoor } from "../local/processes/door.ts";
import type { Job } from "../local/processes/job.ts";
import { type ManagedProcess, startProcess } from "../local/processes/managed-process.ts";
import { type Closers, createClosers } from "../local/stack/closers.ts";
import { addressOf } from "../local/stack/secrets.ts";
import { type Backends, localChains, startBackends } from "../local/stack/start-stack.ts";
import { type Backend, createFaultBook, type FaultBook } from "./book.ts";
import { startFaultProxy } from "./proxy.ts";

/** Small, so that what waits for them to pass waits seconds. */
const TIMES = {
  maxTimeoutSeconds: 14,
  /** More than a gateway's budget and the way to the origin. */
  unclaimedAfterSeconds: 5,
  budgets: { edgeMs: 1_500, verifyMs: 700, originMs: 2_500 },
} as const satisfies Partial<ConfigInput>;

const ALLOCATION_DELAY_MS = 100;

/** From settlement to the refund of what could not be delivered. */
const FULFIL_WITHIN_MS = 8_000;

/** Enough to refund everything. 100,000 USDC a chain. */
const REFUND_FUNDS = 100_000_000_000n;

/** Several of each, as functions run in many instances: what one of them begins, another may have to end. */
const ORIGINS = ["origin 1", "origin 2", "origin 3"] as const;
const INSTANCES = [1, 2] as const;

export const settlers = ["edge", "origin"] as const;

/** Who settles what is bought at a gateway. */
export type Settler = (typeof settlers)[number];

export interface Gateway {
  readonly settler: Settler;
  /** Stays the same however often the processes behind it are killed. */
  readonly url: string;
}

export interface World extends Backends {
  readonly book: FaultBook;
  gateway(settler: Settler): Gateway;
  readonly processes: readonly ManagedProcess[];
  readonly merchant: string;
  readonly refundWallet: string;
  /** The supplier's credit before anything was bought. US dollars × 10,000. */
  readonly supplierCredit: bigint;
  close(): Promise<void>;
}

/**
 * @throws ChainBinaryMissingError
 */
export async function startWorld(progress: (what: string) => void = () => {}): Promise<World> {
  const closers = createClosers();
  try {
    return await start(closers, progress);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(closers: Closers, progress: (what: string) => void): Promise<World> {
  const options = { chains: localChains, allocationDelayMs: ALLOCATION_DELAY_MS, progress };
  const backends = await startBackends(options, closers);
  const { chains, secrets, supplier } = backends;
  const merchant = addressOf(secrets.merchantKey).toLowerCase();
  const refundWallet = addressOf(secrets.refundKey).toLowerCase();
  await Promise.all(chains.map((chain) => chain.mintUsdc(addressOf(secrets.refundKey), REFUND_FUNDS)));

  const book = createFaultBook();
  const started = new Map<string, ManagedProcess>();
  const proxy = async (name: string, backend: Backend, target: () => string | undefined) => {
    const options = { backend, book, target, from: () => started.get(name), refundWallet };
    return closers.add(await startFaultProxy(options)).url;
  };
  const behind = (url: string) => () => url;
  const launch = async (name: string, job: Job) => {
    const process = closers.add(await startProcess(name, job));
    started.set(name, process);
    return process;
  };

  progress("Starting the gateways and the origins");
  const instances: Record<Settler, ManagedProcess[]> = { edge: [], origin: [] };
  const doors = Object.fromEntries(
    await Promise.all(
      settlers.map(async (settler) => {
        const door = closers.add(await openDoor(byTurns(() => instances[settler])));
        return [settler, door.url] as const;
      }),
    ),
  );
  const publicUrl = doors["edge"] ?? "";
  const configFor = async (name: string): Promise<ConfigInput> => {
    const facilitator = new URL(backends.facilitator.url);
    return {
      ...parseMerchant(defaultConfig).input,
      ...TIMES,
      publicUrl,
      networks: await Promise.all(
        chains.map(async ({ network, rpcUrl }) => ({
          chain: network.chain,
          payTo: addressOf(secrets.merchantKey),
          rpcUrl: await proxy(name, "rpc", behind(rpcUrl)),
        })),
      ),
      facilitatorUrl: (await proxy(name, "facilitator", behind(facilitator.origin))) + facilitator.pathname,
    };
  };

  const origins = await Promise.all(
    ORIGINS.map(async (name) => {
      const supplierUrl = new URL(supplier.url);
      return launch(name, {
        role: "origin",
        config: await configFor(name),
        secrets,
        table: backends.dynamo.table,
        dynamo: {
          endpoint: await proxy(name, "table", behind(backends.dynamo.url)),
          region: "us-east-1",
          credentials: { accessKeyId: "local", secretAccessKey: "local" },
        },
        supplierUrl: (await proxy(name, "supplier", behind(supplierUrl.origin))) + supplierUrl.pathname,
        archiveDir: backends.archive.dir,
        fulfilWithinMs: FULFIL_WITHIN_MS,
      });
    }),
  );

  const someOrigin = byTurns(() => origins);
  const gateways = settlers.map((settler): Gateway => ({ settler, url: doors[settler] ?? "" }));
  const launchGateway = async (settler: Settler, instance: number) => {
    const name = `${settler} gateway ${instance}`;
    const config = { ...(await configFor(name)), settle: settler };
    const originUrl = await proxy(name, "origin", someOrigin);
    instances[settler].push(await launch(name, { role: "gateway", config, secrets, originUrl }));
  };
  await Promise.all(
    settlers.flatMap((settler) => INSTANCES.map((instance) => launchGateway(settler, instance))),
  );
  const gateway = (settler: Settler): Gateway => {
    const found = gateways.find((candidate) => candidate.settler === settler);
    if (found === undefined) throw new Error(`there is no gateway where the ${settler} settles`);
    return found;
  };
  const processes = [...origins, ...instances.edge, ...instances.origin];
  return {
    ...backends,
    book,
    gateway,
    processes,
    merchant,
    refundWallet,
    supplierCredit: supplier.balance(),
    close: closers.close,
  };
}

/** As requests are spread over instances: by turns, and only to those that are alive. */
function byTurns(processes: () => readonly ManagedProcess[]): () => string | undefined {
  let turn = 0;
  return () => {
    const alive = processes().filter((process) => process.url() !== undefined);
    return alive[turn++ % alive.length]?.url();
  };
}
