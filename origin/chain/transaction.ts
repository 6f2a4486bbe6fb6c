/** One transaction and the USDC transfers in it, over viem, for proofs of payment. */

import * as v from "valibot";
import { type Log, parseEventLogs, TransactionReceiptNotFoundError } from "viem";
import type { Network } from "../../protocol/network.ts";
import { addressSchema } from "../../protocol/schema.ts";
import type { ProvenTransfer } from "../proof/judge.ts";
import type { ProofChain } from "../proof/prove.ts";
import { type Ask, usdcAbi } from "./client.ts";

export function createProofChain(ask: Ask): ProofChain {
  return {
    async transaction(network, hash) {
      const found = await ask(network, async (client) => {
        const receipt = await client.getTransactionReceipt({ hash }).catch((error: unknown) => {
          if (error instanceof TransactionReceiptNotFoundError) return undefined;
          throw error;
        });
        if (receipt === undefined) return { kind: "unmined" } as const;
        const [head, block] = await Promise.all([
          client.getBlockNumber({ cacheTime: 0 }),
          client.getBlock({ blockNumber: receipt.blockNumber }),
        ]);
        // A receipt of a block that is no longer part of the chain proves nothing.
        if (block.hash !== receipt.blockHash) return { kind: "unmined" } as const;
        const transaction = {
          succeeded: receipt.status === "success",
          blockTime: block.timestamp,
          confirmations: Number(head - receipt.blockNumber) + 1,
          transfers: transfersIn(network, receipt.logs),
        };
        return { kind: "mined", transaction } as const;
      });
      return found ?? { kind: "unreachable" };
    },
  };
}

/** The token emits `AuthorizationUsed` right before the transfer that it authorizes. */
function transfersIn(network: Network, logs: readonly Log[]): readonly ProvenTransfer[] {
  const ofToken = logs.filter(({ address }) => address === network.usdc.address.toLowerCase());
  const used = parseEventLogs({ abi: usdcAbi, eventName: "AuthorizationUsed", logs: ofToken });
  return parseEventLogs({ abi: usdcAbi, eventName: "Transfer", logs: ofToken }).map(({ args, logIndex }) => {
    const from = v.parse(addressSchema, args.from);
    const authorization = used.find(
      (event) => event.logIndex === logIndex - 1 && event.args.authorizer.toLowerCase() === from,
    );
    return {
      logIndex,
      from,
      to: v.parse(addressSchema, args.to),
      value: args.value,
      nonce: authorization?.args.nonce ?? null,
    };
  });
}
