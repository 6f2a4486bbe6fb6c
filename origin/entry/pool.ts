/** The function that refills, every minute, the pools of eSIMs that are bought in advance. */

import { running } from "./running.ts";

export async function handler(): Promise<void> {
  const { origin } = await running().get();
  await origin.tendPools();
}
