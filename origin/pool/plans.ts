/** The plans of a catalog that are sold from a pool. */

import type { Catalog } from "../../protocol/catalog.ts";
import { wholesalePrice } from "../../protocol/wholesale.ts";
import type { PooledPlan } from "./slot.ts";

export function pooledPlans({ plans }: Catalog): readonly PooledPlan[] {
  return Object.entries(plans).flatMap(([plan, { pool, packageCode, wholesaleUsd }]) =>
    pool === undefined
      ? []
      : [{ plan, size: pool.size, packageCode, wholesale: wholesalePrice(wholesaleUsd) }],
  );
}
