/**
 * Moves a purchase on, from whatever state it is in, until goods and money are where they belong or the time is up.
 *
 * Any number of processes may drive one purchase at once, and any of them may die at any line: each step is safe to
 * repeat, and each change is written only onto the version it was computed from.
 */

import { apply, type ChangeIn } from "./changes.ts";
import { lookWhichIsUsed } from "./choice.ts";
import { obtain } from "./fulfil.ts";
import type { PurchasePorts } from "./ports.ts";
import { isFinished, isIn, type Purchase, type PurchaseIn } from "./purchase.ts";
import { payRefund, signRefund } from "./refund.ts";
import { release } from "./release.ts";
import { resolveSettlement } from "./settlement.ts";
import type { PurchaseState } from "./states.ts";
import { suspendReplaced } from "./suspend-replaced.ts";
import { takeBack } from "./take-back.ts";
import { withinCredit } from "./within-credit.ts";

/** From settlement until the money is given back instead, unless the ports say otherwise. Milliseconds. */
export const FULFIL_WITHIN_MS = 60_000;

/**
 * What must be left of an authorization's time when goods are secured for it: to settle, and to find out how that
 * ended. Milliseconds.
 */
const SETTLE_BEFORE_EXPIRY_MS = 10_000;

/** Between two tries of something that is waited for. Milliseconds. */
const TRY_AGAIN_MS = 300;

type Step<State extends PurchaseState> = (
  purchase: PurchaseIn<State>,
  ports: PurchasePorts,
  deadline: number,
) => Promise<ChangeIn<State> | undefined>;

/** What is to be done in each state. Undefined means: not now. */
const steps: { readonly [State in PurchaseState]: Step<State> } = {
  settling: (purchase, ports, deadline) =>
    // A top-up's payment comes from the edge unsettled: there is nothing to wait for.
    resolveSettlement(purchase, ports, deadline, purchase.goods.kind === "topup" ? "at_once" : "later"),
  settled: (purchase, ports, deadline) => deliver(purchase, ports, deadline),
  ordered: (purchase, ports, deadline) => deliver(purchase, ports, deadline),
  reserved: async (purchase, ports, deadline) =>
    (await withinCredit(purchase, ports)) ?? secure(purchase, ports, deadline),
  securing: (purchase, ports, deadline) => secure(purchase, ports, deadline),
  secured: async (purchase, ports, deadline) => {
    const change = await resolveSettlement(purchase, ports, deadline, "at_once");
    if (change?.type !== "settled") return change;
    const { missing } = purchase;
    return missing === null ? { ...change, type: "earned" } : { ...change, type: "partly_earned", missing };
  },
  delivered: async (purchase, ports) =>
    purchase.suspend === "due"
      ? suspendReplaced(purchase, ports)
      : ((await releaseIfDue(purchase, ports)) ?? lookWhichIsUsed(purchase, ports)),
  returning: (purchase, ports) => takeBack(purchase, ports),
  void: (purchase, ports) => releaseIfDue(purchase, ports),
  refund_due: async (purchase, ports) => (await signRefund(purchase, ports)) ?? releaseIfDue(purchase, ports),
  refund_blocked: async (purchase, ports) => {
    const change = await signRefund(purchase, ports);
    // Blocked as before: nothing new to write.
    return change?.type === "refund_signed" ? change : releaseIfDue(purchase, ports);
  },
  refunding: async (purchase, ports, deadline) =>
    (await payRefund(purchase, ports, deadline)) ?? releaseIfDue(purchase, ports),
  refunded: (purchase, ports) => releaseIfDue(purchase, ports),
};

async function deliver(purchase: Purchase, ports: PurchasePorts, deadline: number) {
  const giveUpAt = (purchase.settledAt ?? ports.now()) + ports.fulfilWithinMs;
  const obtained = await obtain(purchase, ports, { deadline, giveUpAt });
  switch (obtained?.kind) {
    case undefined:
      return undefined;
    case "ordered":
      return { ...obtained, type: "ordered" } as const;
    case "obtained": {
      const { delivery, missing, orderMayExist } = obtained;
      return missing === null
        ? ({ type: "delivered", delivery, orderMayExist } as const)
        : ({ type: "partly_delivered", delivery, missing } as const);
    }
    case "unobtainable": {
      const { reason, orderMayExist } = obtained;
      return { type: "failed", reason, orderMayExist } as const;
    }
  }
}

/** Goods before money: while enough of the authorization's time is left to settle it afterwards. */
async function secure(purchase: Purchase, ports: PurchasePorts, deadline: number) {
  const giveUpAt = Number(purchase.authorization.validBefore) * 1_000 - SETTLE_BEFORE_EXPIRY_MS;
  const obtained = await obtain(purchase, ports, { deadline, giveUpAt });
  switch (obtained?.kind) {
    case undefined:
      return undefined;
    case "ordered":
      return { ...obtained, type: "ordered" } as const;
    case "obtained": {
      const { delivery, missing, orderMayExist } = obtained;
      return { type: "secured", delivery, missing, orderMayExist } as const;
    }
    case "unobtainable": {
      const { reason, orderMayExist } = obtained;
      return { type: "dropped", reason, orderMayExist } as const;
    }
  }
}

async function releaseIfDue(purchase: Purchase, ports: PurchasePorts) {
  return purchase.release === "due" ? release(purchase, ports) : undefined;
}

export interface DriveOptions {
  /** Unix milliseconds. */
  readonly deadline: number;
  /** Where to stop. @default where nothing is to be done at once */
  readonly isEnough?: (purchase: Purchase) => boolean;
  /** Whether to come back as soon as nothing can be done now, instead of trying until the deadline. */
  readonly impatient?: boolean;
}

/** @throws StoreUnavailableError */
export async function drive(start: Purchase, ports: PurchasePorts, options: DriveOptions): Promise<Purchase> {
  const { deadline, isEnough = isFinished, impatient = false } = options;
  let purchase = start;
  while (!isEnough(purchase) && ports.now() < deadline) {
    const step = await stepOf(purchase, ports, deadline);
    if (step !== undefined) purchase = await write(step, ports);
    else if (impatient) return purchase;
    else await ports.sleep(Math.min(TRY_AGAIN_MS, Math.max(0, deadline - ports.now())));
  }
  return purchase;
}

interface Taken {
  /** As it is to be written. */
  readonly next: Purchase;
  readonly change: string;
}

/** The next step, or undefined when nothing can be done now. */
async function stepOf(
  purchase: Purchase,
  ports: PurchasePorts,
  deadline: number,
): Promise<Taken | undefined> {
  const run = async <State extends PurchaseState>(current: PurchaseIn<State>, step: Step<State>) => {
    const change = await step(current, ports, deadline);
    if (change === undefined) return undefined;
    return { next: apply(current, change, ports.now(), deadline), change: change.type };
  };
  if (isIn(purchase, "settling")) return run(purchase, steps.settling);
  if (isIn(purchase, "settled")) return run(purchase, steps.settled);
  if (isIn(purchase, "ordered")) return run(purchase, steps.ordered);
  if (isIn(purchase, "reserved")) return run(purchase, steps.reserved);
  if (isIn(purchase, "securing")) return run(purchase, steps.securing);
  if (isIn(purchase, "secured")) return run(purchase, steps.secured);
  if (isIn(purchase, "delivered")) return run(purchase, steps.delivered);
  if (isIn(purchase, "returning")) return run(purchase, steps.returning);
  if (isIn(purchase, "void")) return run(purchase, steps.void);
  if (isIn(purchase, "refund_due")) return run(purchase, steps.refund_due);
  if (isIn(purchase, "refund_blocked")) return run(purchase, steps.refund_blocked);
  if (isIn(purchase, "refunding")) return run(purchase, steps.refunding);
  if (isIn(purchase, "refunded")) return run(purchase, steps.refunded);
  return undefined;
}

/** The changes that let the buyer see the goods, or what there is of them. */
const HANDED_OVER = ["delivered", "partly_delivered", "earned", "partly_earned"];

/** @returns it as it is afterwards, by this change or by that of somebody who was faster @throws StoreUnavailableError */
export async function write({ next, change }: Taken, ports: PurchasePorts): Promise<Purchase> {
  if ((await ports.store.save(next)) === "saved") {
    const { id: order, state, transaction, settledAt, refund } = next;
    const ms = HANDED_OVER.includes(change) && settledAt !== null ? ports.now() - settledAt : null;
    const refundTransaction = refund?.transaction ?? null;
    ports.log({ event: "purchase_moved", order, state, change, transaction, refund: refundTransaction, ms });
    return next;
  }
  return (await ports.store.get(next.id)) ?? next;
}
