/** Starts the simulated eSIM supplier, a server of its own that speaks eSIM Access's API. */

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { listen } from "../listen.ts";
import { type CatalogPackage, defaultPackages } from "./catalog.ts";
import type { Endpoint } from "./endpoints.ts";
import { FaultQueue } from "./faults.ts";
import { type Found, install, Ledger, RefusalError, type SimulatedOrder } from "./ledger.ts";
import { readMemory, writeMemory } from "./memory.ts";
import { API_PATH, createHandler } from "./server.ts";

/** $100,000 in US dollars × 10,000. */
const DEFAULT_BALANCE = 1_000_000_000n;
/** The real supplier says "up to 30 seconds"; mostly it is faster. */
const DEFAULT_ALLOCATION_DELAY_MS = 1_500;
const DEFAULT_MAX_PAGE_SIZE = 500;

export interface SupplierOptions {
  /** @default 0, a free one */
  readonly port?: number;
  readonly accessCode: string;
  /** The key that signatures are checked with. @default none, so that every signature is refused */
  readonly secretKey?: string;
  /** Milliseconds from an order to its profiles. @default 1500 */
  readonly allocationDelayMs?: number;
  /** US dollars × 10,000. @default 100,000 dollars */
  readonly balance?: bigint;
  /** @default the packages in catalog.ts */
  readonly packages?: readonly CatalogPackage[];
  /** The same seed gives the same order numbers and profiles. @default a random one */
  readonly seed?: string;
  /** Keeps orders, profiles and credit between runs. @default nothing is kept */
  readonly file?: string;
  /** Profiles a page of `esim/query` at most. @default 500 */
  readonly maxPageSize?: number;
  /** More requests in a second are refused with 900001; the real supplier takes 8. @default no limit */
  readonly requestsPerSecond?: number;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

export interface SimulatedSupplier {
  /** The client's base URL, `/api/v1/open` included. */
  readonly url: string;
  readonly faults: FaultQueue;
  /** The endpoint of every request so far, spoiled ones too. */
  readonly calls: readonly Endpoint[];
  readonly orders: readonly SimulatedOrder[];
  /** Our credit, US dollars × 10,000. */
  balance(): bigint;
  setPrice(packageCode: string, price: bigint): void;
  /** Leaves this many profiles of a package; none runs out until it is set. */
  setStock(packageCode: string, profiles: number): void;
  /** A phone downloads and enables the profile. */
  install(esimTranNo: string): void;
  /** A phone uses data. */
  consume(esimTranNo: string, bytes: bigint): void;
  close(): Promise<void>;
}

/**
 * @throws PortTakenError
 * @throws SupplierMemoryError
 */
export async function startSupplier(options: SupplierOptions): Promise<SimulatedSupplier> {
  const now = options.now ?? Date.now;
  const faults = new FaultQueue();
  const calls: Endpoint[] = [];
  const closing = new AbortController();
  const { file, packages = defaultPackages } = options;
  const memory = file === undefined ? undefined : readMemory(file, packages);
  const ledger = new Ledger({
    balance: options.balance ?? DEFAULT_BALANCE,
    packages,
    allocationDelayMs: options.allocationDelayMs ?? DEFAULT_ALLOCATION_DELAY_MS,
    seed: options.seed ?? randomUUID(),
    ...(memory === undefined ? {} : { memory }),
  });
  const remember = () => {
    if (file !== undefined) writeMemory(file, ledger.memory());
  };
  const handler = createHandler({
    ledger,
    credentials: { accessCode: options.accessCode, secretKey: options.secretKey ?? null },
    faults,
    limits: { maxPageSize: options.maxPageSize ?? DEFAULT_MAX_PAGE_SIZE },
    requestsPerSecond: options.requestsPerSecond ?? null,
    now,
    onCall: (endpoint) => calls.push(endpoint),
    onChange: remember,
    closing: closing.signal,
  });
  const server = createServer((request, response) => {
    handler(request, response).catch((error: unknown) => {
      // Not worth a word when nobody is left to answer: the client hung up, or closing cut a wait short.
      if (!request.socket.destroyed && !closing.signal.aborted)
        console.error("The eSIM supplier failed:", error);
      response.destroy();
    });
  });
  const listening = await listen(server, "the eSIM supplier", options.port);
  const profile = (esimTranNo: string) => profileOf(ledger, esimTranNo);
  return {
    url: listening.url + API_PATH,
    faults,
    calls,
    orders: ledger.orders,
    balance: () => ledger.balance,
    setPrice: (packageCode, price) => ledger.setPrice(packageCode, price),
    setStock: (packageCode, profiles) => ledger.setStock(packageCode, profiles),
    install: (esimTranNo) => {
      install(profile(esimTranNo), now());
      remember();
    },
    consume: (esimTranNo, bytes) => {
      profile(esimTranNo).profile.usedBytes += bytes;
      remember();
    },
    close: async () => {
      closing.abort();
      await listening.close();
    },
  };
}

function profileOf(ledger: Ledger, esimTranNo: string): Found {
  const [found] = ledger.find(({ profile }) => profile.esimTranNo === esimTranNo);
  if (found === undefined) throw new RefusalError("310403");
  return found;
}
