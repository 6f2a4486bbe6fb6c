/** Has the simulated supplier send its notifications to the stack's gateway, as `npm run webhook` has the real one. */

import { randomUUID } from "node:crypto";
import { notificationUrl } from "../../../origin/access.ts";
import { createEsimAccess } from "../../../origin/supplier/esim-access.ts";
import { hexToBytes } from "../../../protocol/hex.ts";
import type { Backends } from "./start-stack.ts";

/** The supplier calls before it answers, and what it calls may be starting. Milliseconds. */
const DEADLINE_MS = 10_000;
const TRIES = 3;

export async function registerWebhook(url: string, { supplier, secrets }: Backends): Promise<void> {
  const client = createEsimAccess({
    baseUrl: supplier.url,
    accessCode: secrets.supplierAccessCode,
    secretKey: secrets.supplierSecretKey,
    fetch,
    now: Date.now,
    randomId: randomUUID,
    deadlineMs: DEADLINE_MS,
  });
  const webhook = notificationUrl(url, hexToBytes(secrets.accessSecret));
  for (let tries = 0; tries < TRIES; tries++) {
    if ((await client.saveWebhook(webhook)).kind === "saved") return;
  }
  throw new Error("the supplier could not reach the gateway with its notifications");
}
