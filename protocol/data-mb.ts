/** How much data is sold, in megabytes of 1,048,576 bytes. */

import { type Fields, whole } from "./fields.ts";

/** Above a terabyte a typing error is likelier than a wish. */
export const MAX_DATA_MB = 1_048_576;

/** A request's `data_mb`. */
export function megabytes(at: Fields, key: string): number {
  return whole(at, key, 1, MAX_DATA_MB);
}
