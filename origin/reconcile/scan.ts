/**
 * Reads a range of blocks from an endpoint that may refuse it: too wide, too many results, rate limited, pruned. What
 * fails is halved, down to one block.
 */

import type { Address } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { IncomingTransfer, TransferSource } from "./ports.ts";

/** Blocks to one request, before anything was refused. */
const WIDEST = 2_000n;

/** Requests to one scan. What is left over is for the next run. */
const MAX_REQUESTS = 64;

export interface Scanned {
  readonly transfers: readonly IncomingTransfer[];
  /** Everything up to this block was read; `fromBlock - 1` when nothing was. */
  readonly upTo: bigint;
}

export async function scan(
  source: TransferSource,
  network: Network,
  to: Address,
  fromBlock: bigint,
  toBlock: bigint,
  isClosed: (transfer: string) => boolean,
): Promise<Scanned> {
  const transfers: IncomingTransfer[] = [];
  let next = fromBlock;
  let width = WIDEST;
  for (let requests = 0; next <= toBlock && requests < MAX_REQUESTS; requests++) {
    const last = next + width - 1n < toBlock ? next + width - 1n : toBlock;
    const result = await source.incoming(network, to, next, last, isClosed);
    if (result.kind === "scanned") {
      transfers.push(...result.transfers);
      next = last + 1n;
      width = width * 2n < WIDEST ? width * 2n : WIDEST;
    } else {
      const tried = last - next + 1n;
      if (tried === 1n) break;
      width = tried / 2n;
    }
  }
  return { transfers, upTo: next - 1n };
}
