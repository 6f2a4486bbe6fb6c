/**
 * The quote: what a priced request would buy, for how much and how fast. It is answered here, before any payment is
 * looked at, so that nothing that comes with a dry run can be charged.
 */

import type { Catalog } from "../protocol/catalog.ts";
import { entry } from "../protocol/entry.ts";
import { CORS_HEADERS, NO_STORE, PAYMENT_HEADERS } from "../protocol/headers.ts";
import { checksumAddress } from "../protocol/hex.ts";
import { parseMeteredName } from "../protocol/metered-name.ts";
import { formatUsdc } from "../protocol/money.ts";
import type { Fallback, Goods, Offer } from "../protocol/offer.ts";
import { networksOf } from "../protocol/terms.ts";
import { DRY_RUN_PREFERENCE, prefersDryRun } from "./dry-run.ts";
import type { GateRequest, Respond } from "./http.ts";
import type { Ports } from "./ports.ts";
import type { PricedRequest } from "./request.ts";

/** From the paid request to its answer where nothing is slow: the settlement, and for eSIMs the supplier's allocation. */
const EXPECTED_SECONDS = { esims: 10, topup: 3, resource: 2 } as const satisfies Record<
  Goods["kind"],
  number
>;

export function quote(ports: Ports, asked: PricedRequest, headers: GateRequest["headers"]): Respond {
  const { config } = ports;
  const { goods, price } = asked.offer;
  const hasPayment = PAYMENT_HEADERS.some((name) => headers.has(name));
  const body = {
    dry_run: true,
    payment: hasPayment ? "ignored" : "none",
    currency: "USDC",
    amount: formatUsdc(price),
    amount_usdc: formatUsdc(price),
    networks: networksOf(config, asked.offer).map(({ chain, payTo }) => ({
      chain: chain.chain,
      network: chain.caip2,
      asset: chain.usdc.address,
      pay_to: checksumAddress(payTo),
    })),
    description: asked.offer.description,
    expected_seconds: EXPECTED_SECONDS[goods.kind],
    delivers: delivered(config.catalog, asked),
  };
  ports.log({ event: "quote_given", path: asked.path, amount: price.toString() });
  return {
    kind: "respond",
    status: 200,
    headers: {
      "content-type": "application/json",
      ...(prefersDryRun(headers) ? { "preference-applied": DRY_RUN_PREFERENCE } : {}),
      ...NO_STORE,
      ...CORS_HEADERS,
    },
    body: asked.isHead ? "" : JSON.stringify(body),
  };
}

function delivered(catalog: Catalog, { offer, offers }: PricedRequest): object {
  const { goods, mimeType } = offer;
  if (goods.kind === "topup") return { top_up_options: offers.map(topUpOption) };
  if (goods.kind === "resource") return { resource: goods.path, mime_type: mimeType };
  const { lines, fallback } = goods;
  const items = lines.map(({ deviceId, price, ...line }, item) => ({
    item,
    ...contentOf(catalog, line),
    device_id: deviceId,
    amount_usdc: formatUsdc(price),
  }));
  return fallback === undefined ? { items } : { items, fallback: contentOf(catalog, fallback) };
}

function topUpOption({ goods, price }: Offer): object {
  return { data_mb: goods.kind === "topup" ? goods.dataMb : null, amount_usdc: formatUsdc(price) };
}

/** Countries are counted, not listed: fifty lists would be more than a function at the edge may answer. */
function contentOf({ plans, metered }: Catalog, { plan, packageCode }: Fallback): object {
  const asked = parseMeteredName(plan);
  const content =
    asked === undefined
      ? entry(plans, plan)
      : metered?.packages.find((candidate) => candidate.packageCode === packageCode);
  return {
    plan,
    ...(asked === undefined ? {} : { region: asked.region, carrier: asked.carrier }),
    data_mb: content?.dataMb,
    days: content?.days,
    countries: content?.coverage.length,
  };
}
