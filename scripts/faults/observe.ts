/** What has become of it all, read from the chains, the table and the supplier themselves. */

import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { getAbiItem } from "viem";
import type { Purchase } from "../../origin/purchase/purchase.ts";
import { fromItem, type Item } from "../../origin/store/item.ts";
import { isOrderId } from "../../protocol/order.ts";
import { fiatTokenAbi } from "../local/chain/abi.ts";
import type { LocalChain } from "../local/chain/start-chain.ts";
import type { SimulatedOrder } from "../local/supplier/ledger.ts";
import type { World } from "./world.ts";

export interface Transfer {
  readonly chain: string;
  readonly transaction: string;
  /** Lower case. */
  readonly from: string;
  readonly to: string;
  /** Atomic units. */
  readonly value: bigint;
}

export interface Observed {
  /** Of USDC, on all chains, those that mint it left out. */
  readonly transfers: readonly Transfer[];
  readonly purchases: readonly Purchase[];
  readonly orders: readonly SimulatedOrder[];
  /** What the supplier has kept of our credit. US dollars × 10,000. */
  readonly supplierCharged: bigint;
  /** The time of the chain that is behind most. Unix seconds. */
  readonly chainTime: bigint;
}

const MINTED_FROM = "0x0000000000000000000000000000000000000000";

const event = getAbiItem({ abi: fiatTokenAbi, name: "Transfer" });

export async function observe({ chains, dynamo, supplier, supplierCredit }: World): Promise<Observed> {
  const [seen, purchases] = await Promise.all([Promise.all(chains.map(readChain)), readTable(dynamo)]);
  const times = seen.map(({ time }) => time);
  return {
    transfers: seen.flatMap(({ transfers }) => transfers),
    purchases,
    orders: supplier.orders,
    supplierCharged: supplierCredit - supplier.balance(),
    chainTime: times.reduce((earliest, time) => (time < earliest ? time : earliest)),
  };
}

async function readChain({ network, client }: LocalChain) {
  const { address } = network.usdc;
  const { number: toBlock, timestamp: time } = await client.getBlock();
  const logs = await client.getLogs({ address, event, fromBlock: 0n, toBlock, strict: true });
  const transfers = logs
    .map(({ transactionHash: transaction, args }) => ({
      chain: network.chain,
      transaction,
      from: args.from.toLowerCase(),
      to: args.to.toLowerCase(),
      value: args.value,
    }))
    .filter(({ from }) => from !== MINTED_FROM);
  return { transfers, time };
}

async function readTable({ clientConfig, table }: World["dynamo"]): Promise<readonly Purchase[]> {
  const client = new DynamoDBClient(clientConfig);
  try {
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const page = await client.send(
        new ScanCommand({
          TableName: table,
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      items.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return items.filter(({ pk }) => isOrderId(pk?.S ?? "")).map(fromItem);
  } finally {
    client.destroy();
  }
}
