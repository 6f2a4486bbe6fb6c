/** Every path that exists, and whether it is free or priced. What is not listed here is denied at the edge. */

import type { Catalog, Resource } from "./catalog.ts";
import { entry } from "./entry.ts";
import { isOrderId } from "./order.ts";

export type FreeRoute =
  | "plans"
  | "supply"
  | "order"
  | "order_connected"
  | "order_qr"
  | "healthz"
  | "readyz"
  | "supplier_notification";

/** What the owner of an eSIM may ask of it, without payment. */
export type OwnedRoute =
  | "esim"
  | "esim_suspend"
  | "esim_resume"
  | "esim_cancel"
  | "esim_usage"
  | "esim_dispute";

/** What may be asked of an allotment, without payment: `count` is its own state. */
export type AllotmentRoute = "count" | "draw" | "return";

/** What the owner of an eSIM may buy for it. */
export type OwnedSale = "esim_topup" | "esim_data" | "esim_swap";

export type Route =
  | {
      readonly kind: "free";
      readonly name: FreeRoute;
      readonly orderId?: string;
      readonly format?: "svg" | "png";
      /** What only the supplier knows of the path. */
      readonly secret?: string;
    }
  /** Only the origin can tell whose eSIM it is. */
  | { readonly kind: "owned"; readonly name: OwnedRoute; readonly iccid: string }
  | { readonly kind: "allotment"; readonly name: AllotmentRoute; readonly orderId: string }
  /** So only the origin asks for money, and only the origin takes it. */
  | { readonly kind: "owned_sale"; readonly name: OwnedSale; readonly iccid: string }
  | { readonly kind: "priced"; readonly name: "esim_activate" | "esim_batch" | "esim_allotment" }
  | {
      readonly kind: "priced";
      readonly name: "resource";
      readonly path: string;
      readonly resource: Resource;
    };

export type RouteMatch =
  | { readonly kind: "found"; readonly route: Route; readonly method: "GET" | "POST" }
  | { readonly kind: "not_found" };

export const ACTIVATE = "/v1/esim/activate";
export const ACTIVATE_BATCH = "/v1/esim/activate/batch";
export const ALLOTMENTS = "/v1/esim/allotments";

/** Whether what is sold can be had. */
export const SUPPLY = "/v1/supply";

/** In front of the secret. */
export const SUPPLIER_NOTIFICATIONS = "/webhooks/esim-access/";

const NOTIFICATION = /^\/webhooks\/esim-access\/([A-Za-z0-9_-]{43})$/;

const ORDER = /^\/v1\/orders\/([^/]+)$/;
const ORDER_CONNECTED = /^\/v1\/orders\/([^/]+)\/connected$/;
const ORDER_QR = /^\/v1\/orders\/([^/]+)\/qr\.(svg|png)$/;

/** An ICCID of 19 or 20 digits, and what is asked of that eSIM. */
const ESIM = /^\/v1\/esim\/(89[0-9]{17,18})(?:\/([a-z]+))?$/;

/** An allotment goes by its order's id. */
const ALLOTMENT = /^\/v1\/allotments\/([^/]+)(?:\/([a-z]+))?$/;

/** By the path's last part, "" where there is none. */
const OWNED: Readonly<Record<string, { readonly name: OwnedRoute; readonly method: "GET" | "POST" }>> = {
  "": { name: "esim", method: "GET" },
  usage: { name: "esim_usage", method: "GET" },
  dispute: { name: "esim_dispute", method: "POST" },
  suspend: { name: "esim_suspend", method: "POST" },
  resume: { name: "esim_resume", method: "POST" },
  cancel: { name: "esim_cancel", method: "POST" },
};

const ALLOTTED: Readonly<Record<string, { readonly name: AllotmentRoute; readonly method: "GET" | "POST" }>> =
  {
    "": { name: "count", method: "GET" },
    draw: { name: "draw", method: "POST" },
    return: { name: "return", method: "POST" },
  };

const OWNED_SALES: Readonly<
  Record<string, { readonly name: OwnedSale; readonly method: "GET" | "POST"; readonly needsTopUps: boolean }>
> = {
  topup: { name: "esim_topup", method: "POST", needsTopUps: true },
  data: { name: "esim_data", method: "GET", needsTopUps: true },
  swap: { name: "esim_swap", method: "POST", needsTopUps: false },
};

const FREE: Readonly<Record<string, FreeRoute>> = {
  "/v1/plans": "plans",
  [SUPPLY]: "supply",
  "/healthz": "healthz",
  "/readyz": "readyz",
};

/** Paths that no resource of a catalog can have. */
export const builtInPaths: readonly string[] = [
  ACTIVATE,
  ACTIVATE_BATCH,
  ALLOTMENTS,
  ...Object.keys(FREE),
  "/v1/orders/…",
  `${SUPPLIER_NOTIFICATIONS}…`,
  "/v1/esim/…",
  "/v1/allotments/…",
];

const BUILT_IN = ["/v1/orders/", "/v1/esim/", "/v1/allotments/", SUPPLIER_NOTIFICATIONS];

export function isBuiltIn(path: string): boolean {
  return builtInPaths.includes(path) || BUILT_IN.some((start) => path.startsWith(start));
}

/** A path as a log may hold it: without the secret that the supplier's notifications come with. */
export function loggablePath(path: string): string {
  return path.startsWith(SUPPLIER_NOTIFICATIONS) ? `${SUPPLIER_NOTIFICATIONS}…` : path;
}

/** Finds the route of a canonical path and the one method it answers. */
export function matchRoute(catalog: Catalog, path: string): RouteMatch {
  if (path === ACTIVATE) return found("POST", { kind: "priced", name: "esim_activate" });
  if (path === ACTIVATE_BATCH) return found("POST", { kind: "priced", name: "esim_batch" });
  if (path === ALLOTMENTS) return found("POST", { kind: "priced", name: "esim_allotment" });
  const free = entry(FREE, path);
  if (free !== undefined) return found("GET", { kind: "free", name: free });
  const resource = entry(catalog.resources, path);
  if (resource !== undefined) return found("GET", { kind: "priced", name: "resource", path, resource });
  return matchNamed(catalog, path);
}

/** The routes of one order, eSIM or allotment. By itself, since a cold start compiles only what it runs. */
function matchNamed(catalog: Catalog, path: string): RouteMatch {
  const [, order] = ORDER.exec(path) ?? [];
  if (order !== undefined && isOrderId(order)) {
    return found("GET", { kind: "free", name: "order", orderId: order });
  }
  const [, connectedOrder] = ORDER_CONNECTED.exec(path) ?? [];
  if (connectedOrder !== undefined && isOrderId(connectedOrder)) {
    return found("POST", { kind: "free", name: "order_connected", orderId: connectedOrder });
  }
  const [, qrOrder, format] = ORDER_QR.exec(path) ?? [];
  if (qrOrder !== undefined && isOrderId(qrOrder)) {
    return found("GET", {
      kind: "free",
      name: "order_qr",
      orderId: qrOrder,
      format: format === "png" ? "png" : "svg",
    });
  }
  const [, secret] = NOTIFICATION.exec(path) ?? [];
  if (secret !== undefined) return found("POST", { kind: "free", name: "supplier_notification", secret });
  const [, iccid, ask = ""] = ESIM.exec(path) ?? [];
  const owned = iccid === undefined ? undefined : entry(OWNED, ask);
  if (iccid !== undefined && owned !== undefined) {
    return found(owned.method, { kind: "owned", name: owned.name, iccid });
  }
  const sale = iccid === undefined ? undefined : entry(OWNED_SALES, ask);
  if (iccid !== undefined && sale !== undefined && (catalog.topUps !== undefined || !sale.needsTopUps)) {
    return found(sale.method, { kind: "owned_sale", name: sale.name, iccid });
  }
  const [, allotment, act = ""] = ALLOTMENT.exec(path) ?? [];
  const allotted = entry(ALLOTTED, act);
  if (allotment !== undefined && isOrderId(allotment) && allotted !== undefined) {
    return found(allotted.method, { kind: "allotment", name: allotted.name, orderId: allotment });
  }
  return { kind: "not_found" };
}

function found(method: "GET" | "POST", route: Route): RouteMatch {
  return { kind: "found", route, method };
}
