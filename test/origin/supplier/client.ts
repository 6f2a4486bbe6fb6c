/** A client of the simulated supplier, for tests. */

import {
  createEsimAccess,
  type EsimAccess,
  type EsimAccessOptions,
} from "../../../origin/supplier/esim-access.ts";
import type { OrderRequest } from "../../../origin/supplier/port.ts";
import { planPackages } from "../../../scripts/local/supplier/catalog.ts";
import {
  type SimulatedSupplier,
  type SupplierOptions,
  startSupplier,
} from "../../../scripts/local/supplier/supplier.ts";

export const accessCode = "test-access-code";
export const secretKey = "test-secret-key";

/** A valid order; a test changes one thing. */
export const usOrder: OrderRequest = {
  transactionId: "order-1",
  packageCode: planPackages["us-7day"][0],
  count: 1,
  unitPrice: 9_000n,
};

/** A supplier that allocates at once. */
export const start = (options: Partial<SupplierOptions> = {}): Promise<SimulatedSupplier> =>
  startSupplier({ accessCode, secretKey, allocationDelayMs: 0, ...options });

export const clientOf = (baseUrl: string, options: Partial<EsimAccessOptions> = {}): EsimAccess =>
  createEsimAccess({
    baseUrl,
    accessCode,
    secretKey,
    fetch,
    now: Date.now,
    randomId: () => crypto.randomUUID(),
    deadlineMs: 5_000,
    ...options,
  });
