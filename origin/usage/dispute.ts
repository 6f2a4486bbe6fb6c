/**
 * A buyer contests what was counted: the book is closed, and the supplier takes the eSIM off the network. The dispute is
 * written first, so that whoever is called next finishes it: the buyer's next look, or the sweeper.
 */

import { StoreUnavailableError } from "../purchase/ports.ts";
import type { Dispute, UsageHead, UsagePorts } from "./ports.ts";

type Disputed = UsageHead & { readonly dispute: Dispute };

type DisputePorts = Pick<UsagePorts, "store" | "lifecycle" | "now" | "log">;

export type Complaint = Pick<Dispute, "reason" | "orderId" | "iccid">;

/** The request that opens a dispute tries by itself for so long; then the sweeper does. Milliseconds. */
const OWN_TRY_MS = 15_000;

/** Between two tries to suspend an eSIM. Milliseconds. */
const TRY_AGAIN_MS = 60_000;

/** Suspensions to one sweep. */
const BATCH = 25;

/** Writers that a dispute gives way to. Each of them moved the book on. */
const MAX_CONFLICTS = 5;

/** What an eSIM is at the supplier once it can use no data any more, for now or for good. */
const OFF_THE_NETWORK: readonly string[] = [
  "SUSPENDED",
  "CANCEL",
  "REVOKE",
  "UNUSED_EXPIRED",
  "USED_EXPIRED",
];

/** The second dispute of an eSIM is the first one. @throws StoreUnavailableError */
export async function dispute(
  esimTranNo: string,
  complaint: Complaint,
  ports: DisputePorts,
): Promise<Dispute> {
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const head = await ports.store.head(esimTranNo);
    if (isDisputed(head)) return suspend(head, ports);
    const at = ports.now();
    const opened: Dispute = { ...complaint, at, suspension: "due", dueAt: at + OWN_TRY_MS };
    const next = { ...head, version: head.version + 1, dispute: opened };
    if ((await ports.store.saveHead(next)) === "conflict") continue;
    ports.log({ event: "esim_disputed", order: complaint.orderId, esim: esimTranNo });
    return suspend(next, ports);
  }
  throw new StoreUnavailableError("the book of usage is being written all the time");
}

/** Suspends what a crash or the supplier left unsuspended. @throws StoreUnavailableError */
export async function suspendDisputed(ports: DisputePorts): Promise<void> {
  for (const head of await ports.store.suspensionsDue(ports.now(), BATCH)) {
    if (isDisputed(head)) await suspend(head, ports);
  }
}

function isDisputed(head: UsageHead): head is Disputed {
  return head.dispute !== null;
}

async function suspend(head: Disputed, ports: DisputePorts): Promise<Dispute> {
  const { dispute: open, esimTranNo } = head;
  if (open.suspension === "done") return open;
  const refusal = await suspendAtSupplier(esimTranNo, ports);
  if (refusal !== null) {
    ports.log({ event: "suspension_failed", order: open.orderId, esim: esimTranNo, reason: refusal });
  }
  const next: Dispute =
    refusal === null ? { ...open, suspension: "done" } : { ...open, dueAt: ports.now() + TRY_AGAIN_MS };
  // A conflict is somebody who did the same; the supplier has been told either way.
  await ports.store.saveHead({ ...head, version: head.version + 1, dispute: next });
  return next;
}

/** Null once the eSIM is off the network, else why it is not. */
async function suspendAtSupplier(esimTranNo: string, { lifecycle }: DisputePorts): Promise<string | null> {
  const answer = await lifecycle.suspend(esimTranNo);
  if (answer.kind === "suspended") return null;
  if (answer.kind === "unknown") return answer.detail;
  if (answer.reason !== "wrong_status") return answer.reason;
  // So it is refused when it was done before, or when there is nothing left to suspend.
  const found = await lifecycle.profileOf({ esimTranNo });
  const isOff = found.kind === "found" && OFF_THE_NETWORK.includes(found.profile.esimStatus);
  return isOff ? null : answer.reason;
}
