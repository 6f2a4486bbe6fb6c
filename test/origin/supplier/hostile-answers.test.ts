import { createServer, type RequestListener } from "node:http";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { openEnvelope } from "../../../origin/supplier/envelope.ts";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { accessCode, clientOf, secretKey, usOrder } from "./client.ts";

const activationCode = "LPA:1$rsp.example.com$MATCHING-ID-SECRET";
const secrets = [accessCode, secretKey, activationCode, "MATCHING-ID-SECRET"];

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

describe("the envelope", () => {
  test.each([
    ['{"success":true,"errorCode":null,"errorMsg":null,"obj":{"a":1}}', { kind: "ok", obj: { a: 1 } }],
    ['{"success":true,"errorCode":"0","errorMessage":"","obj":{}}', { kind: "ok", obj: {} }],
    [
      '{"success":false,"errorCode":"200007","errorMsg":"no money"}',
      { kind: "refused", reason: "insufficient_balance", code: "200007" },
    ],
    [
      '{"success":false,"errorCode":200010,"errorMessage":"wait","obj":null}',
      { kind: "refused", reason: "allocating", code: "200010" },
    ],
    ['{"success":true,"errorCode":"200007","obj":{}}', { kind: "unknown", detail: "bad_envelope" }],
    ['{"success":false,"errorCode":"0"}', { kind: "unknown", detail: "bad_envelope" }],
    ['{"success":"true","obj":{}}', { kind: "unknown", detail: "bad_envelope" }],
    ["[]", { kind: "unknown", detail: "bad_envelope" }],
    ["null", { kind: "unknown", detail: "bad_envelope" }],
    ["", { kind: "unknown", detail: "not_json" }],
  ])("%s is opened for what it is", (text, opened) => {
    expect(openEnvelope(text)).toEqual(opened);
  });

  const code = fc.oneof(
    fc.constantFrom(null, "0", 0, "", ...secrets),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.jsonValue(),
  );
  const nearlyRight = fc.record(
    {
      success: fc.oneof(fc.boolean(), fc.jsonValue()),
      errorCode: code,
      errorMsg: fc.constantFrom(...secrets),
      obj: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  test("any text is opened without a throw, and no refusal repeats a secret", () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.json(),
      nearlyRight.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const opened = openEnvelope(text);
        if (opened.kind === "ok") return;
        const printed = JSON.stringify(opened);
        for (const secret of secrets.filter((one) => one.length > 16)) expect(printed).not.toContain(secret);
      }),
      { numRuns: 1_000 },
    );
  });

  test("only success without an error code is taken for success", () => {
    fc.assert(
      fc.property(nearlyRight, (envelope) => {
        const { kind } = openEnvelope(JSON.stringify(envelope));
        if (kind === "ok") {
          expect(envelope.success).toBe(true);
          expect(String(envelope.errorCode ?? "").trim()).toMatch(/^-?0*$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

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
