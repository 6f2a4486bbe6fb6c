/** Attacks on the request around the payment: caches, paths, Host, methods, bodies, and the origin's own address. */

import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { signGrant } from "../../../protocol/grant.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { listen } from "../../../scripts/local/listen.ts";
import { startThirdParty } from "../../../scripts/local/third-party/start-third-party.ts";
import { type Answer, get, headerOf, post, requiredOf, sendWire } from "../../edge/support.ts";
import { readAll, send, sendRaw } from "../../local/cloudfront/support.ts";
import { type Stack, startStack } from "../stack.ts";
import { esimOf, PRICE, paid, problemOf, type SignedPayment, signFor } from "../support.ts";
import { books, gatewayBefore, init, untouched, withHeaders } from "./support.ts";

let stack: Stack;
let url: string;
let report: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 50, config: { unclaimedAfterSeconds: 2 } });
  url = `${stack.url}/v1/esim/activate`;
  report = `${stack.url}/report`;
});
afterAll(() => stack.close());

const plan = { plan: "us-7day", device_id: "drone-47" };
const lines = ({ header }: SignedPayment) => [[HEADER.paymentSignature, header] as const];

test("9. no-store stands on every answer that has to do with money: 402, 200, its replay, 409, the order", async () => {
  const payment = await signFor(stack, url, init);
  const unpaid = await fetch(url, init);
  const bought = await fetch(url, paid(payment, init));
  const { order_url, access_token, qr_image } = await esimOf(bought.clone());
  const authorized = { headers: { authorization: `Bearer ${access_token}` } };
  const answers = [
    unpaid,
    bought,
    await fetch(url, paid(payment, init)),
    await fetch(url, withHeaders({ ...init, body: '{"plan":"us-7day"}' }, payment.headers)),
    await fetch(order_url, authorized),
    await fetch(order_url),
    await fetch(qr_image),
  ];
  expect(answers.map(({ status }) => status)).toEqual([402, 200, 200, 409, 200, 401, 200]);
  for (const { headers } of answers) expect(headers.get("cache-control")).toBe("no-store, private");
});

test("10. the path is normalised once: no other spelling takes a payment or gives anything, and the payment still buys", async () => {
  const payment = await signFor(stack, report);
  const spellings = [
    ...["//report", "/./report", "/x/../report", "/%2freport", "/%5creport", "/\\report", "/report/"],
    ...["/report;x", "/report%3b", "/REPORT", "/%2572eport", "/report%00", "/v1/plans/../../report"],
    ...["/v1/plans%2f..%2f..%2freport", "/report.css", "/report%3fx", "/%2e%2e/report", "/unlisted"],
  ];
  await untouched(stack, async () => {
    for (const path of spellings) {
      const answer = await sendWire(stack.url, get(path, lines(payment)));
      expect([400, 404], path).toContain(answer.status);
    }
  });
  expect((await sendWire(stack.url, get("/%72eport", lines(payment)))).status).toBe(200);
});

test("11. resource.url and the order's URL ignore Host and X-Forwarded-*", async () => {
  const spoofed = [
    ["Host", "evil.example"],
    ["X-Forwarded-Host", "evil.example"],
    ["X-Forwarded-Proto", "gopher"],
    ["Forwarded", "host=evil.example"],
    ["X-Forwarded-Prefix", "/evil.example"],
  ] as const;
  const asked = post("/v1/esim/activate", plan, spoofed);
  const unpaid = await sendWire(stack.url, asked);
  expect(requiredOf(unpaid).resource.url).toBe(url);
  const payment = await signFor(stack, url, init);
  const bought = await sendWire(stack.url, post("/v1/esim/activate", plan, [...spoofed, ...lines(payment)]));
  expect(bought.status).toBe(200);
  for (const { headers, body } of [unpaid, bought]) {
    expect(JSON.stringify(headers) + body.toString()).not.toContain("evil.example");
  }
});

describe("12. internal headers are stripped, and the origin answers nobody but its gateway", () => {
  test("a forged grant opens neither the gateway nor the origin's own address", async () => {
    const keys = [{ id: 1, secret: randomBytes(32) }];
    const fingerprint = `0x${"0".repeat(64)}` as const;
    const forged = { id: "forged-by-hand", fingerprint, payment: null, proof: null };
    const grant = await signGrant(forged, keys, Math.floor(Date.now() / 1_000));
    const [, claims = ""] = grant.split(".");
    const unsigned = `${Buffer.from('{"alg":"none","kid":"1"}').toString("base64url")}.${claims}.`;
    await untouched(stack, async () => {
      for (const token of [grant, unsigned, "", "e30.e30.e30"]) {
        const request = post("/v1/esim/activate", plan, [["X-Edge402-Grant", token]]);
        expect((await sendWire(stack.url, request)).status).toBe(402);
        expect((await sendWire(stack.originUrl, request)).status).toBe(403);
      }
      for (const path of ["/v1/plans", "/report", "/healthz"]) {
        expect((await sendWire(stack.originUrl, get(path))).status).toBe(403);
      }
    });
  });

  test("a payment is no use at the origin's own address", async () => {
    const payment = await signFor(stack, url, init);
    await untouched(stack, async () => {
      const response = await fetch(`${stack.originUrl}/v1/esim/activate`, paid(payment, init));
      expect(response.status).toBe(403);
    });
  });

  test("what a viewer sends under our names, or of its payment, never reaches an origin", async () => {
    const origin = await startThirdParty();
    onTestFinished(() => origin.close());
    const gateway = await gatewayBefore(stack, origin.url);
    onTestFinished(() => gateway.close());
    const sent = ["X-Edge402-Grant", "X-Edge402-Paid", "X-EDGE402-price", "X-PAYMENT", "PAYMENT-SIGNATURE"];
    const others = [
      "X-Payment-Proof",
      "X-Payment-Signer",
      "X-Invoice-Id",
      "X-Original-URL",
      "X-Method-Override",
    ];
    const headers = [...sent, ...others].map((name) => [name, "from the viewer"] as const);
    expect((await sendWire(gateway.url, get("/v1/plans", headers))).status).toBe(200);
    expect(origin.requests).toHaveLength(1);
    expect(JSON.stringify(origin.requests)).not.toContain("from the viewer");
    expect(Object.keys(origin.requests[0]?.headers ?? {})).toContain(HEADER.grant);
  });
});

describe("14. what is priced is the whole of what is delivered", () => {
  test("a body that CloudFront would cut is refused", async () => {
    const payment = await signFor(stack, url, init);
    const body = Buffer.from(JSON.stringify(plan).padEnd(41 * 1_024));
    const request = post("/v1/esim/activate", body, lines(payment));
    expect((await untouched(stack, () => sendWire(stack.url, request))).status).toBe(413);
  });

  test("a body that never comes to its length buys nothing", async () => {
    const { header } = await signFor(stack, url, init);
    const text = [
      "POST /v1/esim/activate HTTP/1.1",
      "Host: gateway",
      `${HEADER.paymentSignature}: ${header}`,
      `Content-Length: ${JSON.stringify(plan).length + 1}`,
      "Connection: close",
    ].join("\r\n");
    await untouched(stack, async () => {
      const half = sendRaw(stack.url, `${text}\r\n\r\n${JSON.stringify(plan)}`);
      const silence = new Promise<string>((resolve) => setTimeout(resolve, 300, "no answer"));
      expect(await Promise.race([half, silence])).toBe("no answer");
    });
  });

  test("a body that is swapped on the way to the origin is refused, and the payer gets its money back", async () => {
    const before = await books(stack);
    const dearer = Buffer.from(JSON.stringify({ ...plan, plan: "global-30day" }));
    const swapping = createServer((request, response) => {
      readAll(request)
        .then(() => {
          const headers = { ...request.headers, "content-length": String(dearer.length) };
          return send(stack.originUrl, request.url ?? "/", { method: "POST", headers, body: dearer });
        })
        .then(({ status, body }: Answer) => response.writeHead(status).end(body));
    });
    const { url: originUrl, close } = await listen(swapping, "the swapping origin");
    onTestFinished(close);
    const gateway = await gatewayBefore(stack, originUrl);
    onTestFinished(() => gateway.close());

    const payment = await signFor(stack, url, init);
    const response = await fetch(`${gateway.url}/v1/esim/activate`, paid(payment, init));
    expect(response.status).toBe(403);
    expect((await problemOf(response)).code).toBe("grant_invalid");
    expect((await books(stack)).orders).toBe(before.orders);
    const payer = async () => (await books(stack)).payer;
    await expect.poll(payer, { timeout: 20_000, interval: 200 }).toBe(before.payer);
  });
});

describe("15. no method gives anything away, and browsers may see what they must", () => {
  test("HEAD gets the terms without a body and takes no payment", async () => {
    const payment = await signFor(stack, report);
    const answers = await untouched(stack, () =>
      Promise.all([
        sendWire(stack.url, { ...get("/report"), method: "HEAD" }),
        sendWire(stack.url, { ...get("/report", lines(payment)), method: "HEAD" }),
      ]),
    );
    expect(answers.map(({ status, body }) => [status, body.length])).toEqual([
      [402, 0],
      [405, 0],
    ]);
  });

  test("a method override changes nothing, whether on a free path or on a priced one", async () => {
    const payment = await signFor(stack, report);
    await untouched(stack, async () => {
      for (const name of ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"]) {
        const overrides = [[name, "GET"], ...lines(payment)] as const;
        expect((await sendWire(stack.url, post("/report", {}, overrides))).status).toBe(405);
        const free = await sendWire(stack.url, get("/v1/plans", [[name, "POST"]]));
        expect(free.status).toBe(200);
      }
    });
  });

  test("a preflight passes without paying, and the PAYMENT-* headers are exposed", async () => {
    const payment = await signFor(stack, report);
    const preflight = await untouched(stack, () =>
      sendWire(stack.url, { ...get("/report", lines(payment)), method: "OPTIONS" }),
    );
    expect(preflight.status).toBe(204);
    expect(headerOf(preflight, "access-control-allow-headers")).toMatch(/PAYMENT-SIGNATURE.*X-PAYMENT/);
    const before = await books(stack);
    const bought = await fetch(report, paid(payment));
    for (const { headers } of [await fetch(report), bought]) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
      const exposed = headers.get("access-control-expose-headers");
      for (const name of ["PAYMENT-REQUIRED", "PAYMENT-RESPONSE"]) expect(exposed).toContain(name);
    }
    expect((await books(stack)).payer).toBe(before.payer - PRICE.report);
  });
});
