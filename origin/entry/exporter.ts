/** The function that archives, every few minutes, the ledgers of purchases at rest. */

import { running } from "./running.ts";

export async function handler(): Promise<void> {
  const { origin } = await running().get();
  await origin.exportLedgers();
}
