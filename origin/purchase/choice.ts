/**
 * Which of two eSIMs the buyer keeps, where the first one and the fallback both came. Written down before anything is
 * cancelled: the other one then goes back like whatever else a buyer does not get (`release.ts`).
 */

import type { Profile } from "../supplier/port.ts";
import { apply, type ChangeIn } from "./changes.ts";
import type { PurchasePorts } from "./ports.ts";
import { type Esim, isHandedOver, isIn, type Purchase, type PurchaseIn } from "./purchase.ts";

/** A phone is or was on a network with it. */
const USED: readonly string[] = ["IN_USE", "USED_UP"];
const ENABLED = "ENABLED";

/** Asks the supplier. Undefined while none is used, or as long as it does not say it of both. */
export async function lookWhichIsUsed(
  purchase: PurchaseIn<"delivered">,
  { supplier, now }: PurchasePorts,
): Promise<ChangeIn<"delivered"> | undefined> {
  const { choice, placements } = purchase;
  if (choice?.kind !== "open") return undefined;
  if (now() >= choice.until) return { type: "choice_lapsed" };
  const answers = await Promise.all(
    (placements ?? []).map(async (placement) =>
      placement?.kind === "placed" ? supplier.profiles(placement.orderNo) : undefined,
    ),
  );
  const profiles = answers.flatMap((answer) => (answer?.kind === "ready" ? answer.profiles : []));
  const both = esimsOf(purchase).map(({ esimTranNo }) =>
    profiles.find((profile) => profile.esimTranNo === esimTranNo),
  );
  const seen = both.filter((profile) => profile !== undefined);
  if (seen.length < both.length) return undefined;
  const [used, ...others] = seen.filter(isUsed);
  if (used === undefined) return undefined;
  // Nothing can be given back of two that are used.
  if (others.length > 0) return { type: "choice_lapsed" };
  return { type: "chosen", esim: used.esimTranNo, by: "supplier" };
}

function isUsed({ smdpStatus, esimStatus }: Profile): boolean {
  return smdpStatus === ENABLED || USED.includes(esimStatus);
}

export type Connected =
  | { readonly kind: "kept"; readonly purchase: Purchase }
  /** No eSIM of this order, as far as its buyer knows. */
  | { readonly kind: "unknown" }
  /** The other one was kept before this was said. */
  | { readonly kind: "other_kept" };

/**
 * The buyer says which eSIM it uses. Saying so again changes nothing, nor does it where there is nothing to choose.
 *
 * @param dueAt until then the caller sees to the other one. Unix milliseconds
 * @throws StoreUnavailableError
 */
export async function connect(
  start: Purchase,
  iccid: string,
  { store, now, log }: PurchasePorts,
  dueAt: number,
): Promise<Connected> {
  let purchase = start;
  for (;;) {
    const esim = isHandedOver(purchase) ? esimsOf(purchase).find((one) => one.iccid === iccid) : undefined;
    if (esim === undefined) return { kind: "unknown" };
    const { choice } = purchase;
    if (choice?.kind === "made" && choice.esimTranNo !== esim.esimTranNo) return { kind: "other_kept" };
    if (choice === null || choice.kind === "made" || !isIn(purchase, "delivered")) {
      return { kind: "kept", purchase };
    }
    const change = { type: "chosen", esim: esim.esimTranNo, by: "buyer" } as const;
    const next = apply(purchase, change, now(), dueAt);
    if ((await store.save(next)) === "saved") {
      const { id: order, state, transaction } = next;
      log({
        event: "purchase_moved",
        order,
        state,
        change: change.type,
        transaction,
        refund: null,
        ms: null,
      });
      return { kind: "kept", purchase: next };
    }
    purchase = (await store.get(purchase.id)) ?? purchase;
  }
}

function esimsOf({ delivery }: Purchase): readonly Esim[] {
  return delivery?.kind === "esims" ? delivery.esims.filter((esim) => esim !== null) : [];
}
