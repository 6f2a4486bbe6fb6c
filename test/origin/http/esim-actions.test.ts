/** An owner suspends and resumes an eSIM as often as it likes, and is told why where that can't be. */

import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { ACCESS_SECRET, bodyOf, expectProblem, forward, openShop, type Shop } from "./shop.ts";

const ICCID = "8944500102198304826";
const TOKEN = accessToken(ACCESS_SECRET, "order", ORDER_ID);

let shop: Shop;
beforeEach(() => {
  shop = openShop();
  shop.world.store.overwrite(purchaseIn("delivered"));
  shop.world.supplier.esimStatus = "IN_USE";
});

const act = (action: string, token: string | null = TOKEN) =>
  forward(shop, {
    method: "POST",
    target: `/v1/esim/${ICCID}/${action}`,
    body: "",
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });

describe.each(["suspend", "resume", "cancel"])("to %s an eSIM", (action) => {
  test("is its owner's alone, and the supplier is not asked for anybody else", async () => {
    expectProblem(await act(action, null), "access_token_required");
    const stranger = accessToken(new Uint8Array(32).fill(8), "order", ORDER_ID);
    expectProblem(await act(action, stranger), "access_token_invalid");
    expect(shop.world.supplier.suspended.size + shop.world.supplier.cancelled.size).toBe(0);
  });
});

describe("an eSIM", () => {
  test("is suspended and resumed, each time as if it were the first", async () => {
    const { supplier, log } = shop.world;
    for (let times = 0; times < 2; times++) {
      const response = await act("suspend");
      expect(response.statusCode).toBe(200);
      expect(bodyOf(response)).toMatchObject({ iccid: ICCID, state: "suspended" });
      expect([...supplier.suspended]).toEqual(["tran-1"]);
    }
    for (let times = 0; times < 2; times++) {
      expect(bodyOf(await act("resume"))).toMatchObject({ iccid: ICCID, state: "in_use" });
      expect(supplier.suspended.size).toBe(0);
    }
    const done = log.filter(({ event }) => event.startsWith("esim_"));
    expect(done).toEqual([
      { event: "esim_suspended", order: ORDER_ID, esim: "tran-1" },
      { event: "esim_resumed", order: ORDER_ID, esim: "tran-1" },
    ]);
  });

  test.each(["CANCEL", "REVOKE", "USED_EXPIRED"])("that is %s can be neither", async (esimStatus) => {
    const { supplier } = shop.world;
    supplier.esimStatus = esimStatus;
    supplier.suspendAnswers.push(REFUSED);
    expectProblem(await act("suspend"), "esim_ended");
    expectProblem(await act("resume"), "esim_ended");
  });

  test("whose usage is disputed stays suspended, also where the dispute came while it was being resumed", async () => {
    const { supplier, usage } = shop.world;
    const complaint = { reason: null, orderId: ORDER_ID, iccid: ICCID };
    await act("suspend");
    const { resume } = supplier;
    supplier.resume = async (esim) => {
      await usage.book.dispute(esim, complaint);
      return resume(esim);
    };
    expectProblem(await act("resume"), "esim_disputed");
    expect([...supplier.suspended]).toEqual(["tran-1"]);
    supplier.resume = resume;
    expectProblem(await act("resume"), "esim_disputed");
    expect([...supplier.suspended]).toEqual(["tran-1"]);
    expect(bodyOf(await act("suspend"))).toMatchObject({ state: "suspended" });
  });

  test("that the supplier suspends only later is said not to be in use", async () => {
    const { supplier } = shop.world;
    supplier.esimStatus = "GOT_RESOURCE";
    supplier.suspendAnswers.push(REFUSED);
    expectProblem(await act("suspend"), "esim_not_in_use");
  });

  test.each([
    { kind: "unknown", detail: "timeout" } as const,
    { kind: "refused", reason: "busy", code: "900001" } as const,
    { kind: "refused", reason: "access_denied", code: "101002" } as const,
  ])("of which the supplier says $kind $detail $reason may be asked for again", async (answer) => {
    const { supplier, log } = shop.world;
    supplier.suspendAnswers.push(answer);
    const response = await act("suspend");
    expectProblem(response, "supplier_unavailable");
    expect(response.headers?.["retry-after"]).toBe("2");
    expect(log).toContainEqual(expect.objectContaining({ event: "supplier_failed", order: ORDER_ID }));
    expect(bodyOf(await act("suspend"))).toMatchObject({ state: "suspended" });
  });
});

const REFUSED = { kind: "refused", reason: "wrong_status", code: "200002" } as const;
