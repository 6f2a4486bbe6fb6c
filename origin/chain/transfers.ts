/** The transfers of USDC to the merchant, over viem, for the reconciler. */

import * as v from "valibot";
import { type Block, getAbiItem, type PublicClient, parseEventLogs, type TransactionReceipt } from "viem";
import type { Hex } from "../../protocol/hex.ts";
import { usdc } from "../../protocol/money.ts";
import type { Network } from "../../protocol/network.ts";
import { addressSchema } from "../../protocol/schema.ts";
import { type IncomingTransfer, type TransferSource, transferKey } from "../reconcile/ports.ts";
import { type Ask, usdcAbi } from "./client.ts";

const transfer = getAbiItem({ abi: usdcAbi, name: "Transfer" });

export function createTransferSource(ask: Ask): TransferSource {
  return {
    head: (network) => ask(network, (client) => client.getBlockNumber({ cacheTime: 0 })),
    async incoming(network, to, fromBlock, toBlock, isClosed) {
      const transfers = await ask(network, async (client) => {
        const filter = { address: network.usdc.address, event: transfer, args: { to }, fromBlock, toBlock };
        const logs = await client.getLogs({ ...filter, strict: true });
        const details = createDetails(client);
        const open = logs.filter(
          ({ transactionHash: transaction, logIndex }) =>
            !isClosed(transferKey(network, { transaction, logIndex })),
        );
        return Promise.all(open.map((log) => incomingTransfer(network, log, details)));
      });
      return transfers === undefined ? { kind: "failed" } : { kind: "scanned", transfers };
    },
  };
}

interface Details {
  receipt(transaction: Hex): Promise<TransactionReceipt>;
  block(blockNumber: bigint): Promise<Block>;
}

/** Several transfers may share a transaction and a block; each is asked for once. */
function createDetails(client: PublicClient): Details {
  const receipts = new Map<Hex, Promise<TransactionReceipt>>();
  const blocks = new Map<bigint, Promise<Block>>();
  return {
    receipt: (hash) => once(receipts, hash, () => client.getTransactionReceipt({ hash })),
    block: (blockNumber) => once(blocks, blockNumber, () => client.getBlock({ blockNumber })),
  };
}

function once<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

interface TransferLog {
  readonly transactionHash: Hex;
  readonly logIndex: number;
  readonly blockNumber: bigint;
  readonly args: { readonly from: Hex; readonly value: bigint };
}

/** The token emits `AuthorizationUsed` right before the transfer that it authorizes. */
async function incomingTransfer(
  network: Network,
  { transactionHash: transaction, logIndex, blockNumber, args }: TransferLog,
  details: Details,
): Promise<IncomingTransfer> {
  const [receipt, { timestamp }] = await Promise.all([
    details.receipt(transaction),
    details.block(blockNumber),
  ]);
  const before = receipt.logs.filter(
    (log) => log.address === network.usdc.address.toLowerCase() && log.logIndex === logIndex - 1,
  );
  const [used] = parseEventLogs({ abi: usdcAbi, eventName: "AuthorizationUsed", logs: before });
  const from = v.parse(addressSchema, args.from);
  const isAuthorized = used?.args.authorizer.toLowerCase() === from;
  return {
    transaction,
    logIndex,
    block: blockNumber,
    blockTime: timestamp,
    from,
    value: usdc(args.value),
    nonce: isAuthorized ? used.args.nonce : null,
  };
}
