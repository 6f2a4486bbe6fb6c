/** The origin-response flow over a scripted facilitator and chain, on a clock that only they and `sleep` move. */

import type { GateRequest, Respond } from "../../edge/http.ts";
import type { LogEvent } from "../../edge/log.ts";
import { createOnce } from "../../edge/once.ts";
import { originResponse, type Verdict } from "../../edge/origin-response.ts";
import type { Chain, OriginResponsePorts } from "../../edge/ports.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import type { FacilitatorRequest } from "../../protocol/facilitator.ts";
import { fingerprint } from "../../protocol/fingerprint.ts";
import { type GrantedPayment, signGrant } from "../../protocol/grant.ts";
import { HEADER } from "../../protocol/headers.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { HmacKey } from "../../protocol/keys.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import type { X402Version } from "../../protocol/payment.ts";
import type { SettleOutcome } from "../../protocol/settlement.ts";
import { buildConfig, MERCHANT } from "../builders/config.ts";
import { hmacKey } from "../builders/keys.ts";
import { NOW, PAYER, PAYMENT_SECONDS } from "../builders/payment.ts";
import type { SentRequest } from "./gate-harness.ts";

export const TRANSACTION: Hex = `0x${"ab".repeat(32)}`;
export const OTHER_TRANSACTION: Hex = `0x${"cd".repeat(32)}`;
export const SETTLED: SettleOutcome = { kind: "settled", transaction: TRANSACTION };
export const grantKeys = [hmacKey(5)];
export const invoiceKeys = [hmacKey(4)];
export const BUDGET_MS = 24_000;

export interface Script {
  /** One after the other; the last answers all that follow. @default settles */
  readonly settle?: readonly [SettleOutcome, ...SettleOutcome[]];
  /** Milliseconds of each settlement, never more than it is given. */
  readonly settleTakes?: number;
  /** Milliseconds of each look at the chain, never beyond its deadline. */
  readonly chainTakes?: number;
  readonly chain?: Partial<Chain>;
}

export interface Harness {
  readonly ports: OriginResponsePorts;
  readonly settled: readonly FacilitatorRequest[];
  readonly logged: readonly LogEvent[];
  /** Milliseconds since the beginning. */
  elapsed(): number;
  respond(status: number, request: GateRequest): Promise<Verdict>;
}

/** The authorization is unused unless the script says otherwise. */
export function harness(script: Script = {}, config: Partial<ConfigInput> = {}): Harness {
  const settled: FacilitatorRequest[] = [];
  const logged: LogEvent[] = [];
  const [first = SETTLED, ...others] = script.settle ?? [];
  let next = first;
  let now = NOW * 1_000;
  let randomness = 0;
  const asked = async (deadline: number) => {
    now = Math.max(now, Math.min(deadline, now + (script.chainTakes ?? 0)));
  };
  const chain: Chain = {
    authorizationState: async () => ({ kind: "unused", blockTime: BigInt(Math.floor(now / 1_000)) }),
    findSettlement: async () => ({ kind: "not_found" }),
    transactionState: async () => ({ kind: "unseen" }),
    ...script.chain,
  };
  const ports: OriginResponsePorts = {
    config: buildConfig({ settle: "origin-response", budgets: { originResponseMs: BUDGET_MS }, ...config }),
    invoiceKeys,
    grantKeys,
    facilitator: {
      verify: async () => {
        throw new Error("viewer-request verifies");
      },
      settle: async (request) => {
        settled.push(request);
        now += Math.min(request.timeoutMs, script.settleTakes ?? 0);
        const outcome = next;
        next = others.shift() ?? next;
        return outcome;
      },
    },
    chain: {
      authorizationState: async (...about) => {
        await asked(about[2]);
        return chain.authorizationState(...about);
      },
      findSettlement: async (...about) => {
        await asked(about[2]);
        return chain.findSettlement(...about);
      },
      transactionState: async (...about) => {
        await asked(about[3]);
        return chain.transactionState(...about);
      },
    },
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    randomBytes: (length) => new Uint8Array(length).fill(++randomness),
    claim: createOnce(100),
    log: (event) => logged.push(event),
  };
  return {
    ports,
    settled,
    logged,
    elapsed: () => now - NOW * 1_000,
    respond: (status, request) => originResponse({ status, request }, ports),
  };
}

/** What viewer-request grants to a payment that it verified. */
export function granted(x402Version: X402Version = 2): GrantedPayment {
  return {
    x402Version,
    network: networks.base,
    authorization: {
      from: `0x${PAYER.address.slice(2).toLowerCase()}`,
      to: MERCHANT,
      value: usdc(3_000n),
      validAfter: 0n,
      validBefore: BigInt(NOW + PAYMENT_SECONDS),
      nonce: `0x${"17".repeat(32)}`,
    },
    invoiceId: "0123456789abcdef0123",
    replayKeys: [],
    settlement: { state: "verified", signature: `0x${"11".repeat(65)}` },
    timings: {},
  };
}

export interface Sent {
  readonly path?: string;
  readonly query?: string;
  readonly payment?: GrantedPayment | null;
  /** What the grant says was asked for. @default the request itself */
  readonly grantedPath?: string;
  readonly keys?: readonly HmacKey[];
  /** Unix seconds at which the grant was signed. */
  readonly grantedAt?: number;
}

/** The request that went to the origin, with its grant. */
export async function sent(options: Sent = {}): Promise<SentRequest> {
  const { path = "/report", query = "", payment = granted(), keys = grantKeys } = options;
  const about = {
    method: "GET",
    path: options.grantedPath ?? path,
    query,
    body: new Uint8Array(),
    headers: [],
  };
  const grant = { id: "grant-0001", fingerprint: fingerprint(about), payment, proof: null };
  const token = await signGrant(grant, keys, options.grantedAt ?? NOW);
  return { ...unpaid(path, query), headers: new Map([[HEADER.grant, [token]]]) };
}

export function unpaid(path = "/report", query = ""): SentRequest {
  const clientIp = "192.0.2.1";
  return { method: "GET", path, query, headers: new Map(), clientIp, body: new Uint8Array() };
}

export function withheld(verdict: Verdict): Respond {
  if (verdict.kind !== "withhold") throw new Error(`the answer left: ${verdict.kind}`);
  return verdict.answer;
}
