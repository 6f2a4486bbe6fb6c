/** Usage over HTTP: what is left, the statement, and a dispute; for whoever may open the order, and for nobody else. */

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { accessToken } from "../../../origin/access.ts";
import { readReason } from "../../../origin/http/dispute.ts";
import { boughtBytes, usageView } from "../../../origin/http/usage-view.ts";
import { LOOK_AGAIN_MS } from "../../../origin/usage/book.ts";
import { anyText } from "../../builders/arbitrary.ts";
import { buildConfig } from "../../builders/config.ts";
import { LINE, ORDER_ID, purchaseIn } from "../../builders/origin-purchase.ts";
import { signedRecord, USAGE_ISSUER, usageKeySet } from "../../builders/origin-usage.ts";
import { ACCESS_SECRET, bodyOf, expectProblem, forward, get, openShop, type Shop } from "./shop.ts";

const ICCID = "8944500102198304826";
const ESIM = "tran-1";
const authorization = `Bearer ${accessToken(ACCESS_SECRET, "order", ORDER_ID)}`;

let shop: Shop;
beforeEach(() => {
  shop = openShop();
  shop.world.store.overwrite(purchaseIn("delivered"));
});

const seconds = () => Math.floor(shop.world.clock.now() / 1_000);
const use = (sequence: number, usedBytes: bigint) =>
  shop.world.usage.use({ esimTranNo: ESIM, sequence, usedBytes, measuredAt: seconds() });
const ask = (what: string) => forward(shop, get(`/v1/esim/${ICCID}${what}`, { authorization }));
const dispute = (body = "", headers: Readonly<Record<string, string>> = { authorization }) =>
  forward(shop, { method: "POST", target: `/v1/esim/${ICCID}/dispute`, body, headers });

describe("the status", () => {
  test("says in KB what is left, and what that is computed from", async () => {
    use(1, 2_000n);
    const { remaining_kb, usage } = bodyOf(await ask(""));
    expect(remaining_kb).toBe(1_048_574);
    expect(usage).toEqual({
      total_kb: 1_048_576,
      used_kb: 2,
      remaining_kb: 1_048_574,
      measured_at: new Date(seconds() * 1_000).toISOString(),
      source: "signed_records",
      is_stale: false,
      reported_used_kb: 0,
      records: 1,
      rejected_records: 0,
      disputed: false,
    });
  });

  test("does not count what was forged", async () => {
    const claims = { esimTranNo: ESIM, sequence: 1, usedBytes: 999_999_999n, measuredAt: seconds() };
    shop.world.usage.records.push({ sequence: 1, jws: signedRecord(claims, true) });
    expect(bodyOf(await ask(""))).toMatchObject({
      remaining_kb: 1_048_576,
      usage: { used_kb: 0, records: 0, rejected_records: 1 },
    });
  });

  test("is shown while the issuer is down, and says that there may be more", async () => {
    shop.world.usage.answers.push({ kind: "unavailable", detail: "timeout" });
    const response = await ask("");
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toMatchObject({ usage: { used_kb: 0, is_stale: true } });
  });

  test("is 503 while the table is down", async () => {
    shop.world.usage.store.faults.push("unavailable");
    expectProblem(await ask(""), "purchase_unrecorded");
  });
});

describe("the view", () => {
  const standing = {
    usedBytes: 0n,
    measuredAt: null,
    records: 0,
    rejected: 0,
    disputedAt: null,
    stale: false,
  };
  const profile = async () => {
    const found = await shop.world.supplier.profileOf({ esimTranNo: ESIM });
    if (found.kind !== "found") throw new Error("a profile was expected");
    return found.profile;
  };

  test("without an issuer shows the supplier's figure, and charges nothing by it", async () => {
    const reported = { ...(await profile()), usedBytes: 5_000n };
    expect(usageView(standing, { issuer: null }, reported, null)).toMatchObject({
      remaining_kb: 1_048_576,
      usage: { source: "none", used_kb: 0, reported_used_kb: 5 },
    });
  });

  test("goes by what was bought where the supplier does not say how much there is", async () => {
    const untold = { ...(await profile()), totalBytes: null, usedBytes: null };
    const bought = boughtBytes(buildConfig().catalog, LINE);
    const view = usageView(standing, { issuer: null }, untold, bought);
    expect(view).toMatchObject({ remaining_kb: 1_048_576, usage: { reported_used_kb: null } });
    const gone = boughtBytes(buildConfig().catalog, { ...LINE, packageCode: "GONE" });
    expect(usageView(standing, { issuer: null }, untold, gone)).toMatchObject({ remaining_kb: null });
  });
});

describe("the statement", () => {
  test("has each record as it was signed, and all that it takes to check it", async () => {
    const own = use(1, 700n);
    shop.world.usage.records.push({ sequence: 2, jws: "junk" });
    const response = await ask("/usage");
    expect(response.statusCode).toBe(200);
    expect(bodyOf(response)).toEqual({
      iccid: ICCID,
      order_id: ORDER_ID,
      issuer: USAGE_ISSUER,
      jwks: usageKeySet,
      subject: ESIM,
      used_bytes: "700",
      is_stale: false,
      records: [
        {
          record: own,
          counted: true,
          seq: 1,
          used_bytes: "700",
          measured_at: new Date(seconds() * 1_000).toISOString(),
        },
        { record: "junk", counted: false, reason: "malformed" },
      ],
      next_after: null,
      unlisted_rejected_records: 0,
      dispute: null,
    });
  });

  test("of many records comes in parts", async () => {
    for (let sequence = 1; sequence <= 120; sequence++) use(sequence, BigInt(sequence));
    const first = bodyOf(await ask("/usage"));
    expect(first["records"]).toHaveLength(100);
    const second = bodyOf(await ask(`/usage?after=${first["next_after"]}`));
    expect(second).toMatchObject({ next_after: null });
    expect(second["records"]).toHaveLength(20);
  });

  test.each(["-1", "1.5", "x", "01", "9999999999", ""])("after %j is refused", async (after) => {
    expectProblem(await ask(`/usage?after=${after}`), "query_malformed");
    expect(shop.world.usage.asked).toEqual([]);
  });
});

describe("a dispute", () => {
  test("suspends the eSIM and closes its book", async () => {
    use(1, 700n);
    await ask("");
    const response = await dispute('{"reason":"I was asleep"}');
    expect(response.statusCode).toBe(200);
    const disputed = {
      disputed_at: new Date(shop.world.clock.now()).toISOString(),
      reason: "I was asleep",
      suspension: "done",
    };
    expect(bodyOf(response)).toEqual({ iccid: ICCID, order_id: ORDER_ID, state: "disputed", ...disputed });
    use(2, 1_000_000n);
    await shop.world.clock.sleep(LOOK_AGAIN_MS);
    expect(bodyOf(await ask(""))).toMatchObject({
      state: "suspended",
      usage: { used_kb: 1, disputed: true },
    });
    expect(bodyOf(await ask("/usage"))).toMatchObject({ used_bytes: "700", dispute: disputed });
  });

  test("is 202 while the supplier does not answer, and needs no second request", async () => {
    const { suspend } = shop.world.supplier;
    shop.world.supplier.suspend = async () => ({ kind: "unknown", detail: "timeout" });
    const response = await dispute();
    expect(response.statusCode).toBe(202);
    expect(bodyOf(response)).toMatchObject({ reason: null, suspension: "due" });
    shop.world.supplier.suspend = suspend;
    await shop.world.clock.sleep(60_000);
    await shop.world.usage.book.suspendDisputed();
    expect(bodyOf(await ask("/usage"))).toMatchObject({ dispute: { suspension: "done" } });
  });

  test.each([
    ["without credentials", {}, "access_token_required"],
    ["with another's token", { authorization: "Bearer at_x" }, "access_token_invalid"],
  ] as const)("%s changes nothing", async (_, headers, code) => {
    expectProblem(await dispute("", headers), code);
    expect(shop.world.usage.store.heads.size).toBe(0);
    expect(shop.world.supplier.suspended.size).toBe(0);
  });

  test.each([
    ["no JSON", "reason", "body_malformed"],
    ["a field twice", '{"reason":"a","reason":"b"}', "body_malformed"],
    ["a field that there is not", '{"why":"a"}', "body_invalid"],
    ["a reason of no words", '{"reason":""}', "body_invalid"],
    ["a reason that is too long", JSON.stringify({ reason: "x".repeat(201) }), "body_invalid"],
    ["a reason that steers a terminal", '{"reason":"\\u001b[2J"}', "body_invalid"],
    ["a body that is too long", JSON.stringify({ reason: "x".repeat(5_000) }), "body_too_large"],
  ] as const)("with %s is refused and changes nothing", async (_, body, code) => {
    expectProblem(await dispute(body), code);
    expect(shop.world.usage.store.heads.size).toBe(0);
  });

  test("whose body is anything at all has a reason that can be kept, or a refusal", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          anyText.map((text) => Buffer.from(JSON.stringify({ reason: text }))),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (body) => {
          const read = readReason(body);
          if (!read.ok) expect(read.reason.code).toMatch(/^body_/);
          else if (read.value !== null) expect(read.value).toMatch(/^[^\p{C}]{1,200}$/u);
        },
      ),
    );
  });
});
