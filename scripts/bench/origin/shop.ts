/**
 * The local stack with a counter in front of its table. What runs on a schedule does so only when asked to: it would be
 * counted with the purchases.
 */

import merchant from "../../../edge402.config.ts";
import type { Origin } from "../../../origin/origin.ts";
import { type ConfigInput, parseConfig } from "../../../protocol/config.ts";
import { startApiGateway } from "../../local/api-gateway/api-gateway.ts";
import { startCloudFront } from "../../local/cloudfront/cloudfront.ts";
import type { LocalDynamo } from "../../local/dynamo/start-dynamo.ts";
import { type Closers, createClosers } from "../../local/stack/closers.ts";
import { localConfig } from "../../local/stack/local-config.ts";
import { addressOf, type LocalSecrets } from "../../local/stack/secrets.ts";
import { createLocalOrigin, createLocalViewerRequest, localDistribution } from "../../local/stack/site.ts";
import { startBackends } from "../../local/stack/start-stack.ts";
import { type CountingTable, startCountingTable } from "./counting-table.ts";
import { fillPools } from "./fill.ts";

/** Plans by the size of their pools: each of another package, so that no pool helps out another one. */
export const pools = { "us-7day": 10, "eu-30day": 100, "global-30day": 300, "us-30day": 300 } as const;

/** Not in any pool: ordered when it is bought. */
export const ORDERED = { region: "us-west", data_mb: 100 } as const;

/** Enough for all that is bought. 100,000 USDC. */
const PAYER_FUNDS = 100_000_000_000n;

/** From an order to its profiles; the real supplier takes seconds. Milliseconds. */
const ALLOCATION_MS = 50;

export interface Shop {
  readonly url: string;
  readonly table: CountingTable;
  readonly dynamo: LocalDynamo;
  readonly secrets: LocalSecrets;
  /** How many orders the supplier got. */
  ordered(): number;
  close(): Promise<void>;
}

/** @throws ChainBinaryMissingError */
export async function startShop(progress: (what: string) => void): Promise<Shop> {
  const closers = createClosers();
  try {
    return await start(closers, progress);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function start(closers: Closers, progress: (what: string) => void): Promise<Shop> {
  const backends = await startBackends({ allocationDelayMs: ALLOCATION_MS }, closers);
  const { secrets, dynamo, supplier, archive, chains } = backends;
  await chains[0].mintUsdc(addressOf(secrets.payerKey), PAYER_FUNDS);
  const table = closers.add(await startCountingTable(dynamo.url));

  const handlers: { origin?: Origin["handler"]; edge?: ReturnType<typeof createLocalViewerRequest> } = {};
  const notYet = async (): Promise<never> => {
    throw new Error("the shop is still starting");
  };
  const api = closers.add(await startApiGateway({ handler: (event) => (handlers.origin ?? notYet)(event) }));
  const distribution = localDistribution(api.url, (event) => (handlers.edge ?? notYet)(event));
  const { url } = closers.add(await startCloudFront({ distribution }));
  const config = parseConfig(localConfig({ config: { catalog: pooledCatalog() } }, backends, url));

  const origin = closers.add(
    await createLocalOrigin(
      config,
      secrets,
      {
        table: dynamo.table,
        dynamo: { ...dynamo.clientConfig, endpoint: table.url },
        supplierUrl: supplier.url,
        archiveDir: archive.dir,
      },
      () => {},
    ),
  );
  handlers.origin = origin.handler;
  handlers.edge = createLocalViewerRequest(config, secrets, () => {});

  progress("Filling the pools");
  await fillPools(dynamo, config.catalog);
  return { url, table, dynamo, secrets, ordered: () => supplier.orders.length, close: closers.close };
}

function pooledCatalog(): ConfigInput["catalog"] {
  const { plans, metered, resources } = merchant.catalog;
  const us = plans["us-7day"];
  if (us === undefined) throw new Error("there is no plan us-7day");
  const month = { ...us, title: "United States, 3 GB, 30 days", packageCode: "CKH806", wholesaleUsd: "2.60" };
  const all = { ...plans, "us-30day": month };
  const pooled = Object.entries(all).map(([name, plan]) => {
    const size = Object.entries(pools).find(([pool]) => pool === name)?.[1];
    return [name, size === undefined ? plan : { ...plan, pool: { size } }] as const;
  });
  return { plans: Object.fromEntries(pooled), ...(metered === undefined ? {} : { metered }), resources };
}
