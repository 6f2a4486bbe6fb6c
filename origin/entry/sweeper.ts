/** The function that takes up, every minute, what its driver left. */

import { running } from "./running.ts";

export async function handler(): Promise<void> {
  const { origin } = await running().get();
  await origin.sweep();
}
