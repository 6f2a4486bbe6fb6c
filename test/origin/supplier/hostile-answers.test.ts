import { createServer, type RequestListener } from "node:http";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { accessCode, clientOf, usOrder } from "./client.ts";

let server: Listening | undefined;
afterEach(() => server?.close());

async function answering(listener: RequestListener) {
  server = await listen(createServer(listener), "a hostile supplier");
  return clientOf(server.url);
}

const answeringJson = (obj: unknown) =>
  answering((_request, response) => response.end(JSON.stringify({ success: true, errorCode: null, obj })));

/** One profile as the supplier would send it; a test changes one thing. */
const profile = {
  esimTranNo: "1",
  orderNo: "B1",
  iccid: "8944110000000000008",
  ac: "LPA:1$rsp.example.com$A",
  smdpStatus: "RELEASED",
  esimStatus: "GOT_RESOURCE",
  expiredTime: "2027-01-01T00:00:00+0000",
  totalVolume: "1073741824",
  orderUsage: 0,
  apn: null,
};

describe("a good envelope with a bad inside", () => {
  test("the builder's profile is ready, numbers in text too", async () => {
    const client = await answeringJson({ esimList: [profile], pager: null });
    expect(await client.profiles("B1")).toMatchObject({
      kind: "ready",
      profiles: [{ totalBytes: 1_073_741_824n, packageCode: null, expiresAt: "2027-01-01T00:00:00.000Z" }],
    });
  });

  test.each([
    ["another order's profile", { ...profile, orderNo: "B2" }],
    ["an activation code that no phone reads", { ...profile, ac: "MATCHING-ID-SECRET" }],
    ["a profile without its number", { ...profile, esimTranNo: null }],
    ["a size that is no number", { ...profile, totalVolume: "much" }],
  ])("%s is an unknown answer", async (_why, item) => {
    const client = await answeringJson({ esimList: [item] });
    expect(await client.profiles("B1")).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  test.each([
    ["no profile yet", []],
    ["a profile without activation code", [{ ...profile, ac: "" }]],
    ["a profile without ICCID", [profile, { ...profile, esimTranNo: "2", iccid: null }]],
  ])("%s is still allocating", async (_why, esimList) => {
    const client = await answeringJson({ esimList });
    expect(await client.profiles("B1")).toEqual({ kind: "allocating" });
  });

  test("pages without end are given up on", async () => {
    const client = await answeringJson({ esimList: [profile], pager: { total: 1_000 } });
    expect(await client.profiles("B1")).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  test("an order number for another transaction is not ours", async () => {
    const client = await answeringJson({ orderNo: "B9", transactionId: "order-2" });
    expect(await client.order(usOrder)).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  test.each([1.5, "1.5", "", null, {}, 2 ** 60])("a balance of %j is an unknown answer", async (balance) => {
    const client = await answeringJson({ balance });
    expect(await client.balance()).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  const topUp = { esimTranNo: "1", packageCode: "TOPUP_A", transactionId: "topup-1", price: 1n };
  const toppedUp = { transactionId: "topup-1", iccid: profile.iccid, totalVolume: 1, orderUsage: "0" };

  test("the builder's top-up is done", async () => {
    const client = await answeringJson({ ...toppedUp, expiredTime: null });
    expect(await client.topUp(topUp)).toEqual({
      kind: "topped_up",
      iccid: profile.iccid,
      expiresAt: null,
      totalBytes: 1n,
      usedBytes: 0n,
    });
  });

  test.each([
    ["another transaction's top-up", { ...toppedUp, transactionId: "topup-2" }],
    ["a top-up of no eSIM", { ...toppedUp, iccid: null }],
    ["a top-up to less than nothing", { ...toppedUp, totalVolume: -1 }],
  ])("%s is an unknown answer", async (_why, obj) => {
    expect(await (await answeringJson(obj)).topUp(topUp)).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  const usage = { esimTranNo: "1", dataUsage: 1, totalData: 2, lastUpdateTime: "yesterday" };

  test("usage with a time that is none has no time", async () => {
    const client = await answeringJson({ esimUsageList: [usage] });
    const known = { esimTranNo: "1", usedBytes: 1n, totalBytes: 2n, updatedAt: null };
    expect(await client.usage(["1"])).toEqual({ kind: "ok", usage: [known] });
  });

  test.each([
    ["an eSIM that was not asked for", { ...usage, esimTranNo: "2" }],
    ["less than nothing", { ...usage, dataUsage: -1 }],
    ["half a byte", { ...usage, dataUsage: 0.5 }],
  ])("usage of %s is an unknown answer", async (_why, item) => {
    const client = await answeringJson({ esimUsageList: [item] });
    expect(await client.usage(["1"])).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  test.each([
    ["nobody", []],
    ["somebody else", [{ ...profile, esimTranNo: "2" }]],
    ["two customers", [profile, { ...profile, esimTranNo: "2" }]],
  ])("one eSIM asked for and %s in the answer is unknown", async (_who, esimList) => {
    const client = await answeringJson({ esimList });
    expect(await client.profileOf({ esimTranNo: "1" })).toEqual({ kind: "unknown", detail: "bad_answer" });
  });

  test("an ICCID that two customers had is unknown, since nothing tells which of them is meant", async () => {
    const client = await answeringJson({ esimList: [profile, { ...profile, esimTranNo: "2" }] });
    expect(await client.profileOf({ iccid: profile.iccid })).toMatchObject({ kind: "unknown" });
  });

  test("any JSON at all is answered with a value, never with a throw", async () => {
    let obj: fc.JsonValue = null;
    const client = await answering((_request, response) =>
      response.end(JSON.stringify({ success: true, errorCode: "0", obj })),
    );
    const { url } = server ?? { url: "" };
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        obj = value;
        // A fresh client each time, so that the rate limit does not slow the test down.
        const fresh = clientOf(url);
        expect(await fresh.order(usOrder)).toEqual({ kind: "unknown", detail: "bad_answer" });
        expect(await fresh.profiles("B1")).toEqual({ kind: "unknown", detail: "bad_answer" });
        expect(await fresh.packages({})).toEqual({ kind: "unknown", detail: "bad_answer" });
        expect(await fresh.topUp(topUp)).toEqual({ kind: "unknown", detail: "bad_answer" });
        expect(await fresh.usage(["1"])).toEqual({ kind: "unknown", detail: "bad_answer" });
        expect(await fresh.profileOf({ iccid: "1" })).toEqual({ kind: "unknown", detail: "bad_answer" });
      }),
      { numRuns: 50 },
    );
    expect(await client.cancel("1")).toEqual({ kind: "cancelled" });
  });
});

describe("an answer outside the protocol", () => {
  test("a redirect is not followed, so the access code goes nowhere else", async () => {
    const seen: (string | undefined)[] = [];
    const client = await answering((request, response) => {
      seen.push(request.url);
      response.writeHead(307, { Location: "/elsewhere" }).end();
    });
    expect(await client.order(usOrder)).toEqual({ kind: "unknown", detail: "connection_failed" });
    expect(seen).toEqual(["/esim/order"]);
  });

  test("an endless answer is cut off", async () => {
    const chunk = Buffer.alloc(1_048_576, 0x20);
    const client = await answering((_request, response) => {
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", pump);
      pump();
    });
    expect(await client.balance()).toEqual({ kind: "unknown", detail: "too_large" });
  });

  test("an answer that stops in the middle runs into the deadline", async () => {
    server = await listen(
      createServer((_request, response) => {
        response.write('{"success":');
      }),
      "a stalling supplier",
    );
    const client = clientOf(server.url, { deadlineMs: 100 });
    expect(await client.balance()).toEqual({ kind: "unknown", detail: "timeout" });
  });

  test("a refusal with a 4xx is a refusal, success with a 4xx is not success", async () => {
    const refusal = { success: false, errorCode: "101002", errorMsg: accessCode };
    const bodies = [refusal, { success: true, obj: { balance: 1 } }];
    const client = await answering((_request, response) =>
      response.writeHead(401).end(JSON.stringify(bodies.shift())),
    );
    expect(await client.balance()).toEqual({ kind: "refused", reason: "access_denied", code: "101002" });
    expect(await client.balance()).toEqual({ kind: "unknown", detail: "http_401" });
  });
});
