/** Routes: what is listed exists, and nothing else does, whatever it is called. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entry } from "../../protocol/entry.ts";
import { matchRoute } from "../../protocol/route.ts";
import { anyText } from "../builders/arbitrary.ts";
import { buildConfig } from "../builders/config.ts";

const { catalog } = buildConfig();
const ICCID = "8901234567890123456";
const ORDER = `ord_${"0a".repeat(20)}`;

describe("a route", () => {
  test.each([
    ["/v1/plans", "GET", { kind: "free", name: "plans" }],
    ["/v1/supply", "GET", { kind: "free", name: "supply" }],
    ["/healthz", "GET", { kind: "free", name: "healthz" }],
    ["/readyz", "GET", { kind: "free", name: "readyz" }],
    ["/v1/esim/activate", "POST", { kind: "priced", name: "esim_activate" }],
    ["/v1/esim/activate/batch", "POST", { kind: "priced", name: "esim_batch" }],
    ["/v1/esim/allotments", "POST", { kind: "priced", name: "esim_allotment" }],
    [
      "/report",
      "GET",
      { kind: "priced", name: "resource", path: "/report", resource: catalog.resources["/report"] },
    ],
    [`/v1/orders/${ORDER}`, "GET", { kind: "free", name: "order", orderId: ORDER }],
    [`/v1/orders/${ORDER}/qr.svg`, "GET", { kind: "free", name: "order_qr", orderId: ORDER, format: "svg" }],
    [`/v1/orders/${ORDER}/qr.png`, "GET", { kind: "free", name: "order_qr", orderId: ORDER, format: "png" }],
    [`/v1/esim/${ICCID}`, "GET", { kind: "owned", name: "esim", iccid: ICCID }],
    [`/v1/esim/${ICCID}/usage`, "GET", { kind: "owned", name: "esim_usage", iccid: ICCID }],
    [`/v1/esim/${ICCID}/dispute`, "POST", { kind: "owned", name: "esim_dispute", iccid: ICCID }],
    [`/v1/esim/${ICCID}/suspend`, "POST", { kind: "owned", name: "esim_suspend", iccid: ICCID }],
    [`/v1/esim/${ICCID}/resume`, "POST", { kind: "owned", name: "esim_resume", iccid: ICCID }],
    [`/v1/esim/${ICCID}/cancel`, "POST", { kind: "owned", name: "esim_cancel", iccid: ICCID }],
    [`/v1/allotments/${ORDER}`, "GET", { kind: "allotment", name: "count", orderId: ORDER }],
    [`/v1/allotments/${ORDER}/draw`, "POST", { kind: "allotment", name: "draw", orderId: ORDER }],
    [`/v1/allotments/${ORDER}/return`, "POST", { kind: "allotment", name: "return", orderId: ORDER }],
    [
      `/webhooks/esim-access/${"aB0_-".repeat(8)}xyz`,
      "POST",
      { kind: "free", name: "supplier_notification", secret: `${"aB0_-".repeat(8)}xyz` },
    ],
  ])("%s answers %s", (path, method, route) => {
    expect(matchRoute(catalog, path)).toEqual({ kind: "found", method, route });
  });

  test.each([
    "/",
    "",
    "/v1",
    "/report2",
    "/report/x",
    "/V1/plans",
    "/__proto__",
    "/constructor",
    "__proto__",
    "constructor",
    "toString",
    "/v1/orders",
    "/v1/esim/activate/batch/",
    "/v1/esim/activate/batches",
    "/v1/orders/ord_1",
    "/webhooks/esim-access",
    "/webhooks/esim-access/",
    `/webhooks/esim-access/${"a".repeat(42)}`,
    `/webhooks/esim-access/${"a".repeat(44)}`,
    `/webhooks/esim-access/${"a".repeat(43)}/x`,
    "/v1/esim",
    "/v1/esim/",
    `/v1/esim/${ICCID}/`,
    `/v1/esim/${ICCID}00`,
    `/v1/esim/${ICCID}/constructor`,
    `/v1/esim/x${ICCID}`,
    "/v1/esim/12345678901234567890",
    "/v1/allotments",
    "/v1/allotments/al_1/draw",
    `/v1/allotments/${ORDER}/`,
    `/v1/allotments/${ORDER}/constructor`,
    `/v1/allotments/${ORDER}/draw/1`,
    "/v1/esim/allotments/",
    `/v1/orders/${ORDER}/`,
    `/v1/orders/${ORDER}0`,
    `/v1/orders/${ORDER.toUpperCase()}`,
    `/v1/orders/${ORDER}/qr.gif`,
    `/v1/orders/${ORDER}/qr.svg/x`,
    `/x/v1/orders/${ORDER}`,
    `/v1/orders/${ORDER}\n`,
  ])("is not found at %j", (path) => {
    expect(matchRoute(catalog, path)).toEqual({ kind: "not_found" });
  });

  test("is not found at any path made up", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.webPath()), (path) => {
        expect(matchRoute(catalog, path)).toEqual({ kind: "not_found" });
      }),
    );
  });
});

describe("a catalog entry", () => {
  test("is one of the catalog's own", () => {
    expect(entry(catalog.plans, "eu-1gb")?.title).toBe("Europe 1 GB");
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "valueOf", ""]) {
      expect(entry(catalog.plans, name)).toBeUndefined();
    }
  });
});
