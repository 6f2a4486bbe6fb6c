/** The official x402 facilitator over our chains: version 2 everywhere, version 1 where the network has a name in it. */

import { x402Facilitator } from "@x402/core/facilitator";
import type { PaymentPayload, PaymentRequirements, SettleResponse, VerifyResponse } from "@x402/core/types";
import { type FacilitatorEvmSigner, toFacilitatorEvmSigner } from "@x402/evm";
import { ExactEvmScheme } from "@x402/evm/exact/facilitator";
import { ExactEvmSchemeV1 } from "@x402/evm/exact/v1/facilitator";
import { createPublicClient, createWalletClient, type Hex, http, type PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Network } from "../../../protocol/network.ts";
import { createMutex } from "../chain/mutex.ts";
import type { PaymentRequest } from "./payment-request.ts";

const pollingIntervalMs = 20;

export interface ServedChain {
  readonly network: Network;
  readonly rpcUrl: string;
}

export interface EvmFacilitator {
  verify(request: PaymentRequest): Promise<VerifyResponse>;
  settle(request: PaymentRequest): Promise<SettleResponse>;
  /** Whether payments of this version, scheme and network are served. */
  supports(request: PaymentRequest): boolean;
  supported(): ReturnType<x402Facilitator["getSupported"]>;
}

/**
 * @param settlerKey pays the gas of settlements on every chain
 * @param confirmationTimeoutMs how long a settlement is waited for before it is answered as pending
 */
export function createEvmFacilitator(
  chains: readonly ServedChain[],
  settlerKey: Hex,
  confirmationTimeoutMs: number,
): EvmFacilitator {
  const core = new x402Facilitator();
  const readers = new Map<string, PublicClient>();
  for (const { network, rpcUrl } of chains) {
    const reader = createPublicClient({
      transport: transportTo(rpcUrl),
      pollingInterval: pollingIntervalMs,
      cacheTime: 0,
    });
    const signer = createSigner(reader, rpcUrl, settlerKey, confirmationTimeoutMs);
    core.register(network.caip2, new ExactEvmScheme(signer));
    readers.set(network.caip2, reader);
    if (network.v1Name !== null) {
      core.registerV1(network.v1Name as CoreNetwork, new ExactEvmSchemeV1(signer));
      readers.set(network.v1Name, reader);
    }
  }
  // When its node is down the official scheme calls every signature invalid, which would reject good payments.
  const requireNode = (request: PaymentRequest) =>
    readers.get(request.paymentRequirements.network)?.getChainId();

  return {
    async verify(request) {
      await requireNode(request);
      return core.verify(...coreArguments(request));
    },
    async settle(request) {
      await requireNode(request);
      return core.settle(...coreArguments(request));
    },
    supports: ({ x402Version, paymentRequirements: { scheme, network } }) =>
      core
        .getSupported()
        .kinds.some(
          (kind) => kind.x402Version === x402Version && kind.scheme === scheme && kind.network === network,
        ),
    supported: () => core.getSupported(),
  };
}

// Core picks a scheme by `x402Version` at run time and takes both versions, but its types know version 2 only.
type CoreNetwork = PaymentRequirements["network"];

function coreArguments(request: PaymentRequest): [PaymentPayload, PaymentRequirements] {
  const { paymentPayload, paymentRequirements } = request;
  return [paymentPayload as unknown as PaymentPayload, paymentRequirements as unknown as PaymentRequirements];
}

/** Without retries: a node on this machine that fails once is down, and tests want to see that. */
function transportTo(rpcUrl: string) {
  return http(rpcUrl, { retryCount: 0 });
}

function createSigner(
  reader: PublicClient,
  rpcUrl: string,
  settlerKey: Hex,
  confirmationTimeoutMs: number,
): FacilitatorEvmSigner {
  const account = privateKeyToAccount(settlerKey);
  const wallet = createWalletClient({ account, transport: transportTo(rpcUrl) });
  const oneAtATime = createMutex();
  return toFacilitatorEvmSigner(
    {
      address: account.address,
      // The scheme leaves one of these calls unawaited when it returns early: a rejection would end this process.
      getCode: (args) => reader.getCode(args).catch(() => undefined),
      readContract: (args) => reader.readContract({ ...args, args: args.args ?? [] }),
      // The exact scheme checks signatures through getCode and readContract and never asks for this.
      verifyTypedData: () => Promise.reject(new Error("verifyTypedData is not offered")),
      waitForTransactionReceipt: (args) => reader.waitForTransactionReceipt(args),
      writeContract: (args) => oneAtATime(() => wallet.writeContract({ ...args, chain: null })),
      sendTransaction: (args) => oneAtATime(() => wallet.sendTransaction({ ...args, chain: null })),
    },
    { confirmationTimeoutMs },
  );
}
