/** Buyers: the agent that we ship, with less patience between its tries, and ways of its own to behave badly. */

import { setTimeout as sleep } from "node:timers/promises";
import { HEADER } from "../../protocol/headers.ts";
import { usdc } from "../../protocol/money.ts";
import { buy } from "../agent/buy.ts";
import type { PurchaseResult } from "../agent/purchase.ts";
import { localSigner } from "../agent/sign.ts";
import type { Subject } from "./subject.ts";
import type { Settler, World } from "./world.ts";

/** What a buyer does besides buying. */
export type Behaviour =
  | { readonly kind: "patient" }
  /** Pays, waits this long for the answer, and is never heard of again. */
  | { readonly kind: "vanishes"; readonly afterMs: number }
  /** Sends its payment twice at once; two instances of the gateway get it. */
  | { readonly kind: "hasty" };

export interface Purchasing {
  readonly subject: Subject;
  readonly goods: "esim" | "report";
  readonly settler: Settler;
  readonly behaviour: Behaviour;
}

export interface Bought {
  /** How often the wallet signed. */
  readonly signatures: number;
  /** Unix seconds; null where nothing was signed. */
  readonly validBefore: bigint | null;
  /** What the buyer makes of it; null when it left before the end. */
  readonly result: PurchaseResult | null;
}

/** For the whole purchase. Milliseconds. */
const TIMEOUT_MS = 40_000;

/** The longest wait between two requests of a buyer; those that it is asked for are made for people. Milliseconds. */
const MAX_WAIT_MS = 1_500;

/** More than anything here costs: $20. */
export const MAX_AMOUNT = usdc(20_000_000n);

const requests = {
  esim: { path: "/v1/esim/activate", method: "POST" },
  report: { path: "/report", method: "GET" },
} as const;

export async function purchase(world: World, purchasing: Purchasing): Promise<Bought> {
  const { subject, goods } = purchasing;
  const wallet = localSigner(subject.key);
  const { path, method } = requests[goods];
  let signatures = 0;
  let validBefore: bigint | null = null;
  const leaves = new AbortController();
  const buying = buy(
    {
      // Orders are looked at where their addresses lead: `fetchVia` takes both to the buyer's own gateway.
      url: new URL(path, world.gateway("edge").url),
      method,
      headers: {
        [HEADER.agentId]: subject.agentId,
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      body: goods === "esim" ? JSON.stringify({ plan: "us-7day", device_id: subject.agentId }) : null,
      chain: subject.network.chain,
      maxAmount: MAX_AMOUNT,
      timeoutMs: TIMEOUT_MS,
    },
    {
      fetch: fetchVia(world, purchasing, leaves),
      now: Date.now,
      sleep: async (ms) => {
        leaves.signal.throwIfAborted();
        await sleep(Math.min(ms, MAX_WAIT_MS));
      },
      newNonce: () => subject.nonce,
      signer: {
        address: wallet.address,
        signTransfer(network, authorization) {
          signatures++;
          validBefore = authorization.validBefore;
          return wallet.signTransfer(network, authorization);
        },
      },
      onProgress: () => undefined,
    },
  );
  const result = await buying.catch((error: unknown) => {
    if (leaves.signal.aborted) return null;
    throw error;
  });
  return { signatures, validBefore, result: leaves.signal.aborted ? null : result };
}

function fetchVia(world: World, { settler, behaviour }: Purchasing, leaves: AbortController): typeof fetch {
  return async (input, init = {}) => {
    if (leaves.signal.aborted) throw leaves.signal.reason;
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const url = new URL(pathname + search, world.gateway(settler).url);
    const pays = new Headers(init.headers).has(HEADER.paymentSignature);
    if (!pays || behaviour.kind === "patient") return fetch(url, init);
    if (behaviour.kind === "hasty") {
      // What the other instance says is lost on the way.
      void fetch(url, init)
        .then((response) => response.arrayBuffer())
        .catch(() => undefined);
      return fetch(url, init);
    }
    const timer = setTimeout(() => leaves.abort(), behaviour.afterMs);
    try {
      return await fetch(url, { ...init, signal: leaves.signal });
    } finally {
      clearTimeout(timer);
      leaves.abort();
    }
  };
}
