import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { signRequest } from "../../../origin/supplier/signature.ts";
import { type Listening, listen } from "../../../scripts/local/listen.ts";
import { accessCode, clientOf, secretKey, usOrder } from "./client.ts";

interface Seen {
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let server: Listening;
let seen: Seen[];
let answer: { status: number; body: string };

beforeEach(async () => {
  seen = [];
  answer = { status: 200, body: '{"success":true,"errorCode":"0","obj":{"orderNo":"B1","packageList":[]}}' };
  server = await listen(
    createServer(async (request, response) => {
      const chunks = await request.toArray();
      seen.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      response.writeHead(answer.status).end(answer.body);
    }),
    "a recording supplier",
  );
});
afterEach(() => server.close());

test("an order names its transaction, package, price and sum, so that a moved price can't cost money", async () => {
  expect(await clientOf(server.url).order({ ...usOrder, count: 3 })).toEqual({
    kind: "ordered",
    orderNo: "B1",
  });
  expect(seen[0]?.url).toBe("/esim/order");
  expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
    transactionId: "order-1",
    amount: 27_000,
    packageInfoList: [{ packageCode: "CKH802", count: 3, price: 9_000 }],
  });
});

test("a package list asks for what can be bought, not for top-ups", async () => {
  await clientOf(server.url).packages({ locationCode: "US" });
  expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ type: "BASE", locationCode: "US" });
});

test("a signed request signs the very bytes it sends", async () => {
  const client = clientOf(`${server.url}/`, { now: () => 1_793_700_000_000, randomId: () => "id-1" });
  await client.order({ ...usOrder, packageCode: "CKH802-é" });
  const { headers, body } = seen[0] ?? { headers: {}, body: "" };
  expect(headers).toMatchObject({
    "rt-accesscode": accessCode,
    "rt-timestamp": "1793700000000",
    "rt-requestid": "id-1",
    "rt-signature": signRequest(secretKey, {
      timestamp: "1793700000000",
      requestId: "id-1",
      accessCode,
      body,
    }),
  });
});

test("without a secret key only the access code is sent", async () => {
  await clientOf(server.url, { secretKey: undefined }).balance();
  const names = Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith("rt-"));
  expect(names).toEqual(["rt-accesscode"]);
});

test.each([
  ["success", '{"success":true,"errorCode":"0","obj":{"orderNo":"B1"}}'],
  ["a refusal", '{"success":false,"errorCode":"200011"}'],
])("%s with a 500 is unknown: a server that fails may say anything", async (_what, body) => {
  answer = { status: 500, body };
  expect(await clientOf(server.url).order(usOrder)).toEqual({ kind: "unknown", detail: "http_500" });
});
