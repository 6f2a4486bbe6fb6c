/** Starts the simulated eSIM supplier, a server of its own that speaks eSIM Access's API. */

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { UsageKeySet } from "../../../protocol/usage.ts";
import { listen } from "../listen.ts";
import { type CatalogPackage, defaultPackages } from "./catalog.ts";
import type { Endpoint } from "./endpoints.ts";
import { FaultQueue } from "./faults.ts";
import { Ledger, type SimulatedOrder } from "./ledger.ts";
import { readMemory, writeMemory } from "./memory.ts";
import { connect, consume, install, moveAtSmdp, type SimulatedProfile, type SmdpStatus } from "./profiles.ts";
import { RefusalError } from "./refusal.ts";
import { API_PATH, createHandler } from "./server.ts";
import { createUsageIssuer } from "./usage-records.ts";
import { answerUsage, USAGE_KEYS_PATH, USAGE_RECORDS_PATH } from "./usage-server.ts";
import { type Sent, Webhooks } from "./webhooks.ts";

/** $100,000 in US dollars × 10,000. */
const DEFAULT_BALANCE = 1_000_000_000n;
/** The real supplier says "up to 30 seconds"; mostly it is faster. */
const DEFAULT_ALLOCATION_DELAY_MS = 1_500;
const DEFAULT_MAX_PAGE_SIZE = 500;
/** A timer may ring a little before its time by the other clock. Milliseconds. */
const TIMER_SLACK_MS = 10;

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
  /** How late the network reports usage; the real one's two to three hours. Milliseconds. @default 0 */
  readonly usageLagMs?: number;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

/** What a phone does with an eSIM. Each throws RefusalError where the eSIM's state forbids it. */
export interface Phone {
  /** Downloads the profile, enables it and joins a network: its plan begins. */
  install(esimTranNo: string): void;
  /** One step of that, or of taking the profile off the phone again. */
  moveAtSmdp(esimTranNo: string, next: SmdpStatus): void;
  /** Joins a network with the profile enabled. */
  connect(esimTranNo: string): void;
  /** Uses data. */
  consume(esimTranNo: string, bytes: bigint): void;
}

export interface SimulatedSupplier extends Phone {
  /** The client's base URL, `/api/v1/open` included. */
  readonly url: string;
  readonly faults: FaultQueue;
  /** The endpoint of every request so far, spoiled ones too. */
  readonly calls: readonly Endpoint[];
  readonly orders: readonly SimulatedOrder[];
  /** Our credit, US dollars × 10,000. */
  balance(): bigint;
  setBalance(balance: bigint): void;
  setPrice(packageCode: string, price: bigint): void;
  /** Leaves this many profiles of a package; none runs out until it is set. */
  setStock(packageCode: string, profiles: number): void;
  readonly webhooks: {
    /** Every copy of every notification so far, with what came of it. */
    readonly sent: readonly Sent[];
    /** Sends each later notification so many times. */
    repeat(times: number): void;
    /** Settles once all that happened so far was told. */
    idle(): Promise<void>;
  };
  readonly usage: {
    readonly issuer: string;
    readonly keysUrl: string;
    readonly keySet: UsageKeySet;
    /** An eSIM's records are at `/{esimTranNo}` below it. */
    readonly recordsUrl: string;
    /** Shows a record, whatever it is, in front of an eSIM's own. */
    plant(esimTranNo: string, record: string): void;
  };
  /** Lets time that has passed by the clock end plans and be told; every request does so as well. */
  tick(): void;
  close(): Promise<void>;
}

/**
 * @throws PortTakenError
 * @throws SupplierMemoryError
 */
export async function startSupplier(options: SupplierOptions): Promise<SimulatedSupplier> {
  const { now = Date.now, file, packages = defaultPackages, usageLagMs = 0 } = options;
  const { allocationDelayMs = DEFAULT_ALLOCATION_DELAY_MS } = options;
  const faults = new FaultQueue();
  const calls: Endpoint[] = [];
  const closing = new AbortController();
  const { signal } = closing;
  const memory = file === undefined ? undefined : readMemory(file, packages);
  const ledger = new Ledger({
    balance: options.balance ?? DEFAULT_BALANCE,
    packages,
    allocationDelayMs,
    seed: options.seed ?? randomUUID(),
    ...(memory === undefined ? {} : { memory }),
  });
  const webhooks = new Webhooks({ ledger, now, usageLagMs, closing: signal });
  const credentials = { accessCode: options.accessCode, secretKey: options.secretKey ?? null };
  const issuer = await createUsageIssuer(ledger.seed);
  const planted = new Map<string, string[]>();

  function tick(): void {
    if (signal.aborted) return;
    ledger.expire(now());
    webhooks.announce();
  }

  function changed(): void {
    tick();
    if (file !== undefined) writeMemory(file, ledger.memory());
    if (ledger.webhook === null) return;
    // Profiles that are allocated, and usage that is reported, are told of without anybody asking.
    for (const delayMs of [allocationDelayMs, usageLagMs]) {
      if (delayMs > 0) setTimeout(tick, delayMs + TIMER_SLACK_MS).unref();
    }
  }

  const handler = createHandler({
    desk: () => {
      ledger.expire(now());
      const maxPageSize = options.maxPageSize ?? DEFAULT_MAX_PAGE_SIZE;
      return { ledger, nowMs: now(), maxPageSize, usageLagMs, saveWebhook: (url) => webhooks.save(url) };
    },
    credentials,
    faults,
    requestsPerSecond: options.requestsPerSecond ?? null,
    now,
    onCall: (endpoint) => calls.push(endpoint),
    onChange: changed,
    closing: signal,
  });
  const usage = { ledger, issuer, credentials, now, usageLagMs, planted };
  const server = createServer(async (request, response) => {
    try {
      if (!(await answerUsage(request, response, usage))) await handler(request, response);
    } catch (error) {
      // Not worth a word when nobody is left to answer: the client hung up, or closing cut a wait short.
      if (!request.socket.destroyed && !signal.aborted) console.error("The eSIM supplier failed:", error);
      response.destroy();
    }
  });
  const listening = await listen(server, "the eSIM supplier", options.port);
  const onPhone = (esimTranNo: string, use: (profile: SimulatedProfile) => void) => {
    ledger.expire(now());
    use(profileOf(ledger, esimTranNo));
    changed();
  };
  return {
    url: listening.url + API_PATH,
    faults,
    calls,
    orders: ledger.orders,
    balance: () => ledger.balance,
    setBalance: (balance) => {
      ledger.balance = balance;
    },
    setPrice: (packageCode, price) => ledger.setPrice(packageCode, price),
    setStock: (packageCode, profiles) => ledger.setStock(packageCode, profiles),
    install: (esimTranNo) => onPhone(esimTranNo, (profile) => install(profile, now())),
    moveAtSmdp: (esimTranNo, next) => onPhone(esimTranNo, (profile) => moveAtSmdp(profile, next)),
    connect: (esimTranNo) => onPhone(esimTranNo, (profile) => connect(profile, now())),
    consume: (esimTranNo, bytes) => onPhone(esimTranNo, (profile) => consume(profile, bytes, now())),
    webhooks,
    usage: {
      issuer: issuer.issuer,
      keySet: issuer.keySet,
      keysUrl: listening.url + USAGE_KEYS_PATH,
      recordsUrl: listening.url + USAGE_RECORDS_PATH,
      plant: (esimTranNo, record) => {
        planted.set(esimTranNo, [...(planted.get(esimTranNo) ?? []), record]);
      },
    },
    tick,
    close: async () => {
      closing.abort();
      await listening.close();
      await webhooks.idle();
    },
  };
}

function profileOf(ledger: Ledger, esimTranNo: string): SimulatedProfile {
  const [found] = ledger.find(({ profile }) => profile.esimTranNo === esimTranNo);
  if (found === undefined) throw new RefusalError("310403");
  return found.profile;
}
