/**
 * The reconciler: compares the chain's transfers to the merchant with the table, so that no promise hangs on a single
 * process having lived long enough.
 *
 * A settlement that nobody claimed (the gateway died between settling and forwarding) becomes a purchase whose refund
 * is due. A payment that landed after its purchase was given up is refunded. A transfer without authorization is
 * listed for the operator, since nobody can say what it was for.
 */

import type { AcceptedNetwork } from "../../protocol/config.ts";
import { orderId, transferNonce } from "../../protocol/order.ts";
import { apply } from "../purchase/changes.ts";
import { claimed } from "../purchase/claimed.ts";
import { inParallel } from "../purchase/in-parallel.ts";
import { StoreUnreadableError } from "../purchase/ports.ts";
import { isIn, type Purchase, UNCLAIMED } from "../purchase/purchase.ts";
import { type IncomingTransfer, type ReconcilerPorts, transferKey } from "./ports.ts";
import { scan } from "./scan.ts";

/** Read again at each run: a reorganised chain, or an endpoint whose index of logs is behind. Milliseconds. */
const READ_AGAIN_MS = 1_800_000;

/** Before the first run, this far back. Blocks. */
const FIRST_LOOK_BACK = 2_000n;

/** A reconciled purchase's fingerprint: no request is known. */
const NO_FINGERPRINT = `0x${"0".repeat(64)}` as const;

/** Transfers that are judged at the same time: each is a read of the table. */
const JUDGED_AT_ONCE = 8;

/** One run over all networks; an endpoint that hangs keeps no other waiting. @throws StoreUnavailableError */
export async function reconcile(ports: ReconcilerPorts): Promise<void> {
  const runs = await Promise.allSettled(ports.networks.map((accepted) => reconcileNetwork(accepted, ports)));
  for (const run of runs) if (run.status === "rejected") throw run.reason;
}

async function reconcileNetwork(accepted: AcceptedNetwork, ports: ReconcilerPorts): Promise<void> {
  const { chain: network } = accepted;
  const head = await ports.source.head(network);
  if (head === undefined) return;
  const cursor = (await ports.store.cursor(network)) ?? atLeastZero(head - FIRST_LOOK_BACK);
  // First what nobody has looked at: a process that starts anew asks about half an hour, and may not live to its end.
  const judgedUpTo = await look(accepted, cursor + 1n, head, ports);
  if (judgedUpTo > cursor) await ports.store.moveCursor(network, judgedUpTo);
  const blocksAgain = BigInt(Math.ceil(READ_AGAIN_MS / network.blockMs));
  await look(accepted, atLeastZero(cursor + 1n - blocksAgain), cursor, ports);
}

/** Judges the transfers of some blocks. @returns the last block up to which all were read, and none was too early */
async function look(
  accepted: AcceptedNetwork,
  fromBlock: bigint,
  toBlock: bigint,
  ports: ReconcilerPorts,
): Promise<bigint> {
  const { chain: network, payTo } = accepted;
  const { transfers, upTo } = await scan(ports.source, network, payTo, fromBlock, toBlock, ports.closed.has);
  const early = await inParallel(transfers, JUDGED_AT_ONCE, async (transfer) => {
    const verdict = await judge(accepted, transfer, ports);
    if (verdict === "closed") ports.closed.add(transferKey(network, transfer));
    return verdict === "early" ? [transfer.block] : [];
  });
  return early.flat().reduce((least, block) => (block <= least ? block - 1n : least), upTo);
}

/** `early`: not to be judged yet. `open`: what was paid with it may still change. `closed`: it never will. */
type Verdict = "early" | "open" | "closed";

async function judge(
  accepted: AcceptedNetwork,
  transfer: IncomingTransfer,
  ports: ReconcilerPorts,
): Promise<Verdict> {
  const { chain: network } = accepted;
  const isOld = ports.now() - Number(transfer.blockTime) * 1_000 > ports.unclaimedAfterMs;
  const id = orderId({
    network,
    payer: transfer.from,
    nonce: transfer.nonce ?? transferNonce(transfer.transaction, transfer.logIndex),
  });
  const purchase = await readable(id, ports);
  if (purchase === "unreadable") return "open";
  if (purchase !== undefined) return settleLate(purchase, transfer, ports);
  if (!isOld) return "early";
  if (transfer.nonce === null) {
    await ports.store.recordUnmatched(network, transfer);
    ports.log({ event: "transfer_unmatched", chain: network.chain, transaction: transfer.transaction });
    return "closed";
  }
  await claimUnclaimed(id, transfer.nonce, accepted, transfer, ports);
  return "open";
}

/** One item that can't be read must not keep the others from being looked at; the store reports it. */
async function readable(
  id: string,
  { store }: ReconcilerPorts,
): Promise<Purchase | undefined | "unreadable"> {
  try {
    return await store.get(id);
  } catch (error) {
    if (error instanceof StoreUnreadableError) return "unreadable";
    throw error;
  }
}

/** A purchase that was given up as void, and then paid after all. Whatever else state it is in knows of its payment. */
async function settleLate(
  purchase: Purchase,
  { transaction }: IncomingTransfer,
  ports: ReconcilerPorts,
): Promise<Verdict> {
  if (isIn(purchase, "delivered", "refunded")) return "closed";
  if (!isIn(purchase, "void")) return "open";
  const now = ports.now();
  const next = apply<"void", "reconciler">(purchase, { type: "landed_late", transaction }, now, now);
  ports.log({ event: "payment_landed_late", order: purchase.id, transaction });
  return (await ports.store.save(next)) === "saved" ? "open" : "early";
}

/** One write: a purchase that is claimed, settled and due for refund at once. */
async function claimUnclaimed(
  id: string,
  nonce: NonNullable<IncomingTransfer["nonce"]>,
  { chain: network, payTo }: AcceptedNetwork,
  { from, value, transaction }: IncomingTransfer,
  ports: ReconcilerPorts,
): Promise<void> {
  const now = ports.now();
  const settled = claimed(
    {
      id,
      claimId: ports.randomId(),
      grantId: "reconciler",
      x402Version: 2,
      network,
      authorization: { from, to: payTo, value, validAfter: 0n, validBefore: 0n, nonce },
      signature: null,
      invoiceId: null,
      replayKeys: [],
      fingerprint: NO_FINGERPRINT,
      goods: { kind: "unavailable", reason: UNCLAIMED },
      agentId: null,
      createdAt: now,
      dueAt: now,
      webhookUrl: null,
    },
    { state: "settled", transaction },
  );
  if (!isIn(settled, "settled")) throw new Error("a settled claim is settled");
  const failed = { type: "failed", reason: UNCLAIMED, orderMayExist: false } as const;
  const due = apply<"settled", "reconciler">(settled, failed, now, now);
  const result = await ports.store.claim({ ...due, version: 1 });
  if (result.kind === "claimed") ports.log({ event: "payment_unclaimed", order: id, transaction });
}

function atLeastZero(block: bigint): bigint {
  return block < 0n ? 0n : block;
}
