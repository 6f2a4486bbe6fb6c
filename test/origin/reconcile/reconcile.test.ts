/** The reconciler finds every transfer to the merchant, however badly the endpoint's index of logs behaves. */

import { beforeEach, describe, expect, test } from "vitest";
import type { OriginLogEvent } from "../../../origin/log.ts";
import { StoreUnavailableError, StoreUnreadableError } from "../../../origin/purchase/ports.ts";
import {
  type IncomingTransfer,
  type ReconcilerPorts,
  rememberClosed,
  transferKey,
} from "../../../origin/reconcile/ports.ts";
import { reconcile } from "../../../origin/reconcile/reconcile.ts";
import type { Hex } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { type Network, networks } from "../../../protocol/network.ts";
import { orderId } from "../../../protocol/order.ts";
import { MERCHANT } from "../../builders/config.ts";
import { type MemoryStore, memoryStore } from "../../builders/origin-store.ts";

const network = networks.base;
const PAYER = `0x${"ab".repeat(20)}` as const;
const UNCLAIMED_AFTER_MS = 300_000;
const START_BLOCK = 10_000n;

/** Block 10,000 is mined at 0, and one more every two seconds. Unix seconds. */
const timeOf = (block: bigint) => (block - START_BLOCK) * 2n;

let store: MemoryStore;
let head: bigint;
/** Transfers that the endpoint's index holds. */
let indexed: IncomingTransfer[];
let asked: string[];
let cursors: Map<string, bigint>;
let unmatched: Hex[];
let log: OriginLogEvent[];
let closed: ReconcilerPorts["closed"];

beforeEach(() => {
  store = memoryStore();
  head = START_BLOCK;
  indexed = [];
  asked = [];
  cursors = new Map();
  unmatched = [];
  log = [];
  closed = rememberClosed();
});

function ports(): ReconcilerPorts {
  return {
    networks: [{ chain: network, payTo: MERCHANT, rpcUrl: "http://127.0.0.1:1", confirmations: 12 }],
    source: {
      head: async () => head,
      async incoming(on, _, fromBlock, toBlock, isClosed) {
        const transfers = indexed
          .filter(({ block }) => block >= fromBlock && block <= toBlock)
          .filter((transfer) => !isClosed(transferKey(on, transfer)));
        asked.push(...transfers.map(({ transaction }) => transaction));
        return { kind: "scanned", transfers };
      },
    },
    store: {
      get: store.get,
      claim: store.claim,
      save: store.save,
      cursor: async ({ caip2 }) => cursors.get(caip2),
      moveCursor: async ({ caip2 }, block) => void cursors.set(caip2, block),
      recordUnmatched: async (_, { transaction }) => void unmatched.push(transaction),
    },
    closed,
    unclaimedAfterMs: UNCLAIMED_AFTER_MS,
    now: () => Number(timeOf(head)) * 1_000,
    randomId: () => "claim",
    log: (event) => log.push(event),
  };
}

function transferAt(block: bigint, nonce: Hex | null = `0x${block.toString(16).padStart(64, "0")}`) {
  const transaction: Hex = `0x${(block * 7n).toString(16).padStart(64, "0")}`;
  const paid = { block, blockTime: timeOf(block), from: PAYER, value: usdc(4_200_000n), nonce };
  return { transaction, logIndex: 1, ...paid };
}

const orderOf = ({ nonce }: IncomingTransfer) => orderId({ network, payer: PAYER, nonce: nonce ?? "0x" });

/** Runs every five minutes, as on AWS, for so many minutes. */
async function runFor(minutes: number): Promise<void> {
  for (let minute = 5; minute <= minutes; minute += 5) {
    head += 150n;
    await reconcile(ports());
  }
}

describe("a settlement that nobody claimed", () => {
  test("is due for refund once it is old, and not before", async () => {
    const transfer = transferAt(START_BLOCK + 100n);
    indexed.push(transfer);
    await runFor(5);
    expect(store.all()).toEqual([]);
    await runFor(5);
    expect(store.all()).toMatchObject([{ id: orderOf(transfer), state: "refund_due", reason: "unclaimed" }]);
  });

  test.each([5, 10, 20])("is found though the index of logs holds it %i minutes late", async (minutes) => {
    const transfer = transferAt(START_BLOCK + 10n);
    await runFor(minutes);
    indexed.push(transfer);
    await runFor(10);
    expect(store.all()).toMatchObject([{ id: orderOf(transfer), state: "refund_due" }]);
  });

  test("is found by processes that die before they have read half an hour again", async () => {
    const known = Array.from({ length: 20 }, (_, index) => transferAt(START_BLOCK + BigInt(index)));
    indexed.push(...known);
    await runFor(15);
    const lost = transferAt(head + 1n);
    indexed.push(lost);
    head += 300n;
    let reads = 0;
    const { store: table, ...rest } = ports();
    const get = async (id: string) => {
      if (++reads > 1) throw new StoreUnavailableError("died");
      return table.get(id);
    };
    const dying = { ...rest, closed: rememberClosed(), store: { ...table, get } };
    await expect(reconcile(dying)).rejects.toThrow("died");
    expect(store.all().map(({ id }) => id)).toContain(orderOf(lost));
  });

  test("is found while another network's endpoint hangs", async () => {
    const transfer = transferAt(START_BLOCK + 1n);
    indexed.push(transfer);
    head += 500n;
    const {
      networks: [own],
      source,
      ...rest
    } = ports();
    if (own === undefined) throw new Error("the test has a network");
    const hanging = { ...own, chain: networks.polygon };
    const heads = async (on: Network) =>
      on === networks.polygon ? new Promise<undefined>(() => {}) : source.head(on);
    void reconcile({ ...rest, networks: [hanging, own], source: { ...source, head: heads } });
    await expect.poll(() => store.all()).toMatchObject([{ id: orderOf(transfer) }]);
  });

  test("is claimed once, by however many reconcilers", async () => {
    indexed.push(transferAt(START_BLOCK + 1n), transferAt(START_BLOCK + 2n));
    head += 500n;
    await Promise.all([reconcile(ports()), reconcile({ ...ports(), closed: rememberClosed() })]);
    expect(store.all()).toHaveLength(2);
  });
});

describe("a transfer", () => {
  test("of which nothing more is to be expected is asked about once", async () => {
    indexed.push(transferAt(START_BLOCK + 1n, null));
    await runFor(30);
    expect(unmatched).toHaveLength(1);
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  test("whose purchase can't be read keeps no other from being judged", async () => {
    const [one, other] = [transferAt(START_BLOCK + 1n), transferAt(START_BLOCK + 2n)];
    indexed.push(one, other);
    head += 500n;
    const { store: table, ...rest } = ports();
    const get = async (id: string) => {
      if (id === orderOf(one)) throw new StoreUnreadableError("garbled");
      return table.get(id);
    };
    await reconcile({ ...rest, store: { ...table, get } });
    expect(store.all()).toMatchObject([{ id: orderOf(other), state: "refund_due" }]);
  });
});
