/** What the origin does when the supplier says that something has happened: it looks for itself. */

import { isNotificationSecret } from "../access.ts";
import { readNotification } from "../notifications/notification.ts";
import { lookAgain } from "../purchase/drive-order.ts";
import { isUntold } from "../purchase/purchase.ts";
import { orderOfTransaction } from "../purchase/supplier-orders.ts";
import type { OriginPorts } from "./app.ts";
import { json, problemResponse, type Response } from "./response.ts";

/** For a look at an order, while the supplier waits for its answer. Milliseconds. */
const LOOK_MS = 3_000;

/**
 * The secret in the path is all that proves the sender here; the gateway has looked at its address. Who has another one
 * is told the same as where there is nothing.
 *
 * @throws StoreUnavailableError
 */
export async function answerNotification(
  secret: string,
  body: Uint8Array,
  ports: OriginPorts,
): Promise<Response> {
  const { log } = ports.purchase;
  if (!isNotificationSecret(ports.accessSecrets, secret)) {
    log({ event: "webhook_refused", reason: "secret" });
    return problemResponse("route_not_found");
  }
  const read = readNotification(body);
  if (!read.ok) {
    log({ event: "webhook_refused", reason: read.reason });
    return problemResponse(read.reason);
  }
  const { type, id, transactionId } = read.value;
  const isNew = id === null || (await ports.notices.isNew(id));
  const named = transactionId === null ? undefined : orderOfTransaction(transactionId);
  const order = isNew && type === "ORDER_STATUS" ? (named ?? null) : null;
  log({ event: "webhook_received", type, isNew, order });
  if (order !== null) await look(order, ports);
  return json(200, { status: "ok" });
}

/** Nothing is lost where this fails: the order's driver or the sweeper looks as well. */
async function look(order: string, { purchase: ports, handOver }: OriginPorts): Promise<void> {
  const purchase = await lookAgain(order, ports, ports.now() + LOOK_MS);
  // The worker tells the buyer, who may take longer than the supplier waits.
  if (purchase !== undefined && isUntold(purchase)) await handOver(order);
}
