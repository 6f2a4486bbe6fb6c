/** Takes the eSIM off the network that a delivered one replaces. */

import { dispositions } from "../supplier/errors.ts";
import type { Refused } from "../supplier/port.ts";
import type { PurchasePorts } from "./ports.ts";
import type { PurchaseIn } from "./purchase.ts";

type Suspended = { readonly type: "suspended"; readonly esim: string };

/** What a `wrong_status` may be because it is done: suspended by an earlier try, or off the network for good. */
const OFF = ["SUSPENDED", "CANCEL", "REVOKE", "UNUSED_EXPIRED", "USED_EXPIRED"];

/** One try. Undefined when it is not known yet; ask again later. */
export async function suspendReplaced(
  { id, goods }: PurchaseIn<"delivered">,
  { lifecycle, log }: PurchasePorts,
): Promise<Suspended | undefined> {
  const replaced = goods.kind === "esims" ? goods.replaces : undefined;
  if (replaced === undefined) return undefined;
  const { esimTranNo } = replaced;
  const done: Suspended = { type: "suspended", esim: esimTranNo };
  const result = await lifecycle.suspend(esimTranNo);
  if (result.kind === "suspended") return done;
  const failed = (reason: string) => log({ event: "suspension_failed", order: id, esim: esimTranNo, reason });
  if (result.kind === "unknown" || !isFinal(result)) {
    failed(result.kind === "unknown" ? result.detail : result.reason);
    return undefined;
  }
  const found = await lifecycle.profileOf({ esimTranNo });
  if (found.kind === "found" && OFF.includes(found.profile.esimStatus)) return done;
  const isKnown = found.kind === "found" || (found.kind === "refused" && isFinal(found));
  if (!isKnown) return undefined;
  // One that was never on a network may have nothing to suspend: it stays with the owner, who has paid for both.
  failed(result.reason);
  return done;
}

/** Whether asking again could bring nothing else. */
function isFinal({ reason }: Refused): boolean {
  return dispositions[reason] === "invalid";
}
