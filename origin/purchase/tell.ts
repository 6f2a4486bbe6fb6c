/**
 * Tells the buyer, who named a webhook, what became of the order: at once, and then ever more seldom for a day, until
 * somebody there takes it.
 *
 * Each try is written down before it is made, which puts the next one off: so only one process makes it, and one that
 * dies has used up a try and loses nothing.
 */

import { apply, type ChangeIn } from "./changes.ts";
import type { PurchasePorts, WebhookAnswer } from "./ports.ts";
import { isIn, type Purchase, type Webhook } from "./purchase.ts";

/** Between the first two tries: longer than a try may take. Each next wait is four times as long. Milliseconds. */
const FIRST_WAIT_MS = 6_000;
const LONGER = 4;
const MAX_WAIT_MS = 3_600_000;

/** From the news until nobody is told of it any more. Milliseconds. */
export const TELL_WITHIN_MS = 86_400_000;

/** One try, if it is time for it and nobody else makes it. @throws StoreUnavailableError */
export async function tell(purchase: Purchase, ports: PurchasePorts): Promise<Purchase> {
  const { webhook } = purchase;
  if (webhook?.state !== "due" || !isIn(purchase, "delivered", "void", "refunded")) return purchase;
  if (ports.now() < purchase.dueAt) return purchase;
  const attempts = webhook.attempts + 1;
  const tried = { ...webhook, attempts };
  const dueAt = ports.now() + waitAfter(attempts);
  const trying = { ...purchase, version: purchase.version + 1, webhook: tried, dueAt };
  if ((await ports.store.save(trying)) === "conflict") return purchase;

  const answer = await ports.webhooks.post(trying, tried);
  log(purchase, answer, attempts, ports);
  const change = outcome(answer, tried, dueAt);
  if (change === undefined) return trying;
  const next = apply(trying, change, ports.now(), dueAt);
  // Something else came of the order meanwhile: then that is to be told.
  return (await ports.store.save(next)) === "saved" ? next : trying;
}

/** Undefined where it is to be tried again. @param nextAt when that would be, Unix milliseconds */
function outcome(
  answer: WebhookAnswer,
  { attempts, since }: Webhook,
  nextAt: number,
): ChangeIn<"delivered" | "void" | "refunded"> | undefined {
  switch (answer.kind) {
    case "taken":
      return { type: "notified", attempts };
    case "gone":
      return { type: "unheard", attempts, reason: "gone" };
    case "failed":
      return nextAt < since + TELL_WITHIN_MS
        ? undefined
        : { type: "unheard", attempts, reason: answer.reason };
  }
}

function waitAfter(attempts: number): number {
  return Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * LONGER ** (attempts - 1));
}

function log({ id: order, state }: Purchase, answer: WebhookAnswer, attempt: number, { log }: PurchasePorts) {
  if (answer.kind === "taken") return log({ event: "webhook_sent", order, state, attempt });
  const reason = answer.kind === "gone" ? "gone" : answer.reason;
  log({ event: "webhook_failed", order, state, attempt, reason });
}
