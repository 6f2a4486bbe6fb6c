/** The flow with a facilitator that says what a test wants, on a clock that only moves when that facilitator works. */

import { gate } from "../../edge/gate.ts";
import type { GateRequest, GateResult, Respond } from "../../edge/http.ts";
import type { LogEvent } from "../../edge/log.ts";
import type { GatePorts } from "../../edge/ports.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import type { Credit } from "../../protocol/credit.ts";
import type { FacilitatorRequest } from "../../protocol/facilitator.ts";
import type { GrantedPayment } from "../../protocol/grant.ts";
import { verifyGrant } from "../../protocol/grant-reader.ts";
import { HEADER } from "../../protocol/headers.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import type { X402Version } from "../../protocol/payment.ts";
import type { SettleOutcome, VerifyOutcome } from "../../protocol/settlement.ts";
import { buildConfig, MERCHANT } from "../builders/config.ts";
import { hmacKey } from "../builders/keys.ts";
import { type BuiltPayment, buildPayment, NOW, type PaymentOptions } from "../builders/payment.ts";
import { invoiceIn, requiredIn } from "./support.ts";

export const grantKeys = [hmacKey(5)];

export const TRANSACTION = `0x${"ab".repeat(32)}` as const;

/** The price of `eu-1gb`. */
export const PRICE = usdc(4_200_000n);

export interface Script {
  readonly verify?: VerifyOutcome;
  readonly settle?: SettleOutcome;
  /** How long each call takes on the test's clock, in milliseconds. */
  readonly verifyTakes?: number;
  readonly settleTakes?: number;
  /** What is heard of our credit. @default enough */
  readonly credit?: Promise<Credit>;
}

export interface FacilitatorCall extends FacilitatorRequest {
  readonly endpoint: "verify" | "settle";
}

export interface Harness {
  readonly ports: GatePorts;
  readonly calls: readonly FacilitatorCall[];
  /** By when our credit was asked for, on the test's clock. */
  readonly creditBy: readonly number[];
  readonly logged: readonly LogEvent[];
  send(request: GateRequest): Promise<GateResult>;
}

/** Verifies and settles at once unless the script says otherwise. */
export function harness(script: Script = {}, config: Partial<ConfigInput> = {}): Harness {
  const {
    verify = { kind: "valid" },
    settle = { kind: "settled", transaction: TRANSACTION },
    verifyTakes = 0,
    settleTakes = 0,
    credit = Promise.resolve("enough"),
  } = script;
  const calls: FacilitatorCall[] = [];
  const creditBy: number[] = [];
  const logged: LogEvent[] = [];
  let now = NOW * 1_000;
  let randomness = 0;
  const ports: GatePorts = {
    config: buildConfig(config),
    invoiceKeys: [hmacKey(4)],
    grantKeys,
    facilitator: {
      verify: async (request) => {
        calls.push({ endpoint: "verify", ...request });
        now += verifyTakes;
        return verify;
      },
      settle: async (request) => {
        calls.push({ endpoint: "settle", ...request });
        now += settleTakes;
        return settle;
      },
    },
    chain: {
      authorizationState: async () => ({ kind: "unreachable" }),
      findSettlement: async () => ({ kind: "unreachable" }),
      transactionState: async () => ({ kind: "unreachable" }),
    },
    credit: (deadline) => {
      creditBy.push(deadline);
      return credit;
    },
    now: () => now,
    randomBytes: (length) => new Uint8Array(length).fill(++randomness),
    log: (event) => logged.push(event),
  };
  return { ports, calls, creditBy, logged, send: (request) => gate(request, ports) };
}

/** A request whose headers can be counted through. */
export interface SentRequest extends GateRequest {
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

export const activation: SentRequest = {
  method: "POST",
  path: "/v1/esim/activate",
  query: "",
  headers: new Map([["content-type", ["application/json"]]]),
  clientIp: "192.0.2.1",
  body: Buffer.from('{"plan":"eu-1gb"}'),
};

export interface Paid {
  readonly request: SentRequest;
  readonly payment: BuiltPayment;
  /** Of the challenge that the payment answers. */
  readonly invoice: string;
}

/** The request with a payment of its price; version 2 with the invoice that the gateway gives. */
export async function pay(
  { send }: Harness,
  version: X402Version,
  options: Partial<PaymentOptions> = {},
): Promise<Paid> {
  const required = requiredIn(responded(await send(activation)).headers[HEADER.paymentRequired] ?? "");
  const invoice = invoiceIn(required);
  const payment = await buildPayment({
    version,
    network: networks.base,
    payTo: MERCHANT,
    amount: PRICE,
    invoice,
    ...options,
  });
  return { request: withHeaders({ [payment.headerName]: payment.header }), payment, invoice };
}

export function withHeaders(headers: Readonly<Record<string, string>>): SentRequest {
  const added = Object.entries(headers).map(([name, value]) => [name, [value]] as const);
  return { ...activation, headers: new Map([...activation.headers, ...added]) };
}

export function responded(result: GateResult): Respond {
  if (result.kind !== "respond") throw new Error("the gateway forwarded");
  return result;
}

/** The one internal header of a forwarded request. */
export function grantTokenOf(result: GateResult): string {
  if (result.kind !== "forward") throw new Error(`the gateway answered ${result.status}: ${result.body}`);
  const { [HEADER.grant]: token, ...others } = result.setHeaders;
  if (token === undefined || Object.keys(others).length > 0) throw new Error("one header is set, the grant");
  return token;
}

/** What the origin is told, read as the origin reads it. Null on a free route. */
export async function grantedPayment(result: GateResult): Promise<GrantedPayment | null> {
  const grant = await verifyGrant(grantTokenOf(result), grantKeys, NOW);
  if (!grant.ok) throw new Error("the origin would refuse this grant");
  return grant.value.payment;
}
