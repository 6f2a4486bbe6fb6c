/** A facilitator on this machine that speaks CDP's x402 API: official verification and settlement, CDP's JWT check. */

import { createServer, type IncomingMessage } from "node:http";
import type { Hex } from "viem";
import { listen } from "../listen.ts";
import { type Answer, failure, send } from "./answer.ts";
import { type CdpKey, createTokenCheck } from "./cdp-auth.ts";
import { createEvmFacilitator, type ServedChain } from "./evm-facilitator.ts";
import { createFaultQueue, type Endpoint, type Faults } from "./faults.ts";
import { parsePaymentRequest } from "./payment-request.ts";
import { performCall } from "./perform-call.ts";
import { readBody } from "./read-body.ts";

/** CDP's path, below which the three endpoints are. */
const basePath = "/platform/v2/x402";

const defaultConfirmationTimeoutMs = 10_000;

export interface FacilitatorOptions {
  /** @default 0, a free one */
  readonly port?: number;
  readonly chains: readonly ServedChain[];
  /** The API keys whose tokens are taken. */
  readonly cdpKeys: readonly CdpKey[];
  /** Sends the settlements; its address needs native gas on every chain. */
  readonly settlerKey: Hex;
  /** After this a settlement that has not landed is answered as `settlement_pending`. @default 10000 */
  readonly confirmationTimeoutMs?: number;
}

/** One request to /verify or /settle, a refused one included. */
export interface FacilitatorCall {
  readonly endpoint: Endpoint;
  /** The authorization's nonce, or undefined when the request was refused before its body was understood. */
  readonly nonce: Hex | undefined;
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number;
}

export interface LocalFacilitator {
  /** With CDP's path: what a client is configured with. */
  readonly url: string;
  readonly faults: Faults;
  readonly calls: readonly FacilitatorCall[];
  callsFor(nonce: string): readonly FacilitatorCall[];
  close(): Promise<void>;
}

/** @throws PortTakenError */
export async function startFacilitator(options: FacilitatorOptions): Promise<LocalFacilitator> {
  const evm = createEvmFacilitator(
    options.chains,
    options.settlerKey,
    options.confirmationTimeoutMs ?? defaultConfirmationTimeoutMs,
  );
  const checkToken = createTokenCheck(options.cdpKeys);
  const faults = createFaultQueue();
  const calls: FacilitatorCall[] = [];
  const closing = new AbortController();

  async function answer(request: IncomingMessage): Promise<Answer> {
    const at = Date.now();
    const { method = "", headers } = request;
    const path = new URL(request.url ?? "/", "http://facilitator").pathname;
    const endpoint = method === "POST" ? endpointAt(path) : undefined;
    const record = (nonce?: Hex): void => {
      if (endpoint !== undefined) calls.push({ endpoint, nonce, at });
    };

    const refusal = await checkToken(headers.authorization, { method, host: headers.host ?? "", path });
    if (refusal !== null) {
      record();
      return failure(401, "unauthorized", refusal);
    }
    if (method === "GET" && path === `${basePath}/supported`) return { status: 200, body: evm.supported() };
    if (endpoint === undefined) return failure(404, "not_found", `There is no ${method} ${path}.`);

    const body = await readBody(request);
    const parsed = body === undefined ? undefined : parsePaymentRequest(body);
    if (parsed?.ok !== true) {
      record();
      return failure(400, "invalid_request", parsed?.message ?? "The body is too large.");
    }
    const { nonce } = parsed.request.paymentPayload.payload.authorization;
    record(nonce);
    if (!evm.supports(parsed.request)) {
      return failure(400, "invalid_request", "This version, scheme and network are not supported.");
    }
    return performCall(endpoint, parsed.request, {
      evm,
      fault: faults.take(endpoint, nonce),
      signal: closing.signal,
    });
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error) => failure(500, "internal_server_error", String(error)))
      .then((result) => send(response, result));
  });
  const listening = await listen(server, "the facilitator", options.port);
  return {
    url: `${listening.url}${basePath}`,
    faults,
    calls,
    callsFor: (nonce) => calls.filter((call) => call.nonce === nonce),
    async close() {
      closing.abort();
      await listening.close();
    },
  };
}

function endpointAt(path: string): Endpoint | undefined {
  if (path === `${basePath}/verify`) return "verify";
  if (path === `${basePath}/settle`) return "settle";
  return undefined;
}
