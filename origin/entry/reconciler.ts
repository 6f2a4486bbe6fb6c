/** The function that compares, every few minutes, the chains with the table. */

import { running } from "./running.ts";

export async function handler(): Promise<void> {
  const { origin } = await running().get();
  await origin.reconcile();
}
