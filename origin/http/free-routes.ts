/** What the origin answers without payment: the plans, its health, and orders to those who hold their tokens. */

import type { Catalog } from "../../protocol/catalog.ts";
import { queryParameter } from "../../protocol/path.ts";
import type { Route } from "../../protocol/route.ts";
import { wholesalePrice } from "../../protocol/wholesale.ts";
import { opens } from "../access.ts";
import { qrPng, qrSvg } from "../esim/qr.ts";
import { follow } from "../purchase/follow.ts";
import { shownEsim } from "../purchase/purchase.ts";
import { judgeCredit } from "../supplier/credit.ts";
import { showOrder } from "./allotment-view.ts";
import type { OriginPorts } from "./app.ts";
import { answerConnected } from "./connected-route.ts";
import { openOrder } from "./credentials.ts";
import { answerNotification } from "./notification-route.ts";
import { orderStatus } from "./order-view.ts";
import { plansView } from "./plans-view.ts";
import type { OriginRequest } from "./request.ts";
import { binary, json, problemResponse, type Response, text } from "./response.ts";

/** How long a poll may move a purchase on. Milliseconds. */
const POLL_BUDGET_MS = 5_000;

/** Position of an eSIM in its order. */
const ITEM = /^(0|[1-9][0-9]?)$/;

type FreeRoute = Extract<Route, { kind: "free" }>;

/** @throws StoreUnavailableError */
export async function answerFree(
  route: FreeRoute,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  switch (route.name) {
    case "plans":
      return json(200, plansView(ports.purchase.catalog, ports.purchase.networks));
    case "supply":
      return supply(ports);
    case "healthz":
      return json(200, { status: "alive" });
    case "readyz":
      return readiness(ports);
    case "order":
      return order(route.orderId ?? "", request, ports);
    case "order_connected":
      return answerConnected(route.orderId ?? "", request, ports);
    case "order_qr":
      return orderQr(route.orderId ?? "", route.format ?? "svg", request, ports);
    case "supplier_notification":
      return answerNotification(route.secret ?? "", request.body, ports);
  }
}

/** Low credit says no more than that something on sale may not be had: an order finds out for itself. */
async function supply({ purchase: { supplier, catalog } }: OriginPorts): Promise<Response> {
  return json(200, { credit: judgeCredit(await supplier.balance(), dearest(catalog)) });
}

/** Ready means that what is sold can be delivered: the supplier's credit, the chains and the table are there. */
async function readiness({ purchase }: OriginPorts): Promise<Response> {
  const { supplier, chain, store, networks, catalog } = purchase;
  const [balance, table, ...chains] = await Promise.all([
    supplier.balance(),
    store.isReachable(),
    ...networks.map(async (network) => ({
      chain: network.chain.chain,
      ok: await chain.isReachable(network.chain),
    })),
  ]);
  const checks = {
    supplier: judgeCredit(balance, dearest(catalog)) === "low" ? "balance_low" : balance.kind,
    table: table ? "ok" : "unreachable",
    ...Object.fromEntries(chains.map(({ chain: name, ok }) => [name, ok ? "ok" : "unreachable"])),
  };
  const ready = Object.values(checks).every((check) => check === "ok");
  return ready ? json(200, { status: "ready", checks }) : problemResponse("not_ready", {}, { checks });
}

/** What the dearest single eSIM costs us, US dollars × 10,000. */
function dearest({ plans, metered }: Catalog): bigint {
  return [...Object.values(plans), ...(metered?.packages ?? [])]
    .map(({ wholesaleUsd }) => wholesalePrice(wholesaleUsd))
    .reduce((a, b) => (a > b ? a : b), 0n);
}

async function order(id: string, request: OriginRequest, ports: OriginPorts): Promise<Response> {
  const opened = await openOrder(id, request, ports);
  if (!opened.ok) return opened.reason;
  const found = opened.value;
  const { now } = ports.purchase;
  const purchase = now() >= found.dueAt ? await follow(found, ports.purchase, now() + POLL_BUDGET_MS) : found;
  const { statusCode, headers } = orderStatus(purchase);
  return json(statusCode, await showOrder(purchase, true, ports), headers);
}

async function orderQr(
  id: string,
  format: "svg" | "png",
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  const token = queryParameter(request.query, "token");
  if (token === undefined) return problemResponse("access_token_required");
  const named = queryParameter(request.query, "item") ?? "0";
  const item = ITEM.test(named) ? Number(named) : null;
  const isOpen =
    opens(ports.accessSecrets, "qr", id, token) ||
    (item !== null && opens(ports.accessSecrets, { to: "item_qr", item }, id, token));
  if (!isOpen) return problemResponse("access_token_invalid");
  const purchase = await ports.purchase.store.get(id);
  const esim = purchase === undefined || item === null ? null : shownEsim(purchase, item);
  if (esim === null) return problemResponse("order_not_found");
  const { activationCode } = esim;
  if (format === "png") return binary("image/png", await qrPng(activationCode));
  return text(200, "image/svg+xml", await qrSvg(activationCode), {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  });
}
