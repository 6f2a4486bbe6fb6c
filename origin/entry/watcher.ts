/** The function that measures, every minute, what nobody is told of otherwise. */

import { running } from "./running.ts";

export async function handler(): Promise<void> {
  const { origin } = await running().get();
  await origin.watch();
}
