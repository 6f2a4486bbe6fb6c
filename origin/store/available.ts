/** What goes wrong at the table, in the one word that the rest of the origin knows for it. */

import { StoreUnavailableError } from "../purchase/ports.ts";

/** @throws StoreUnavailableError with the fault's name alone: the SDK's messages may quote what was sent */
export async function available<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error;
    throw new StoreUnavailableError(error instanceof Error ? error.name : "unknown fault");
  }
}
