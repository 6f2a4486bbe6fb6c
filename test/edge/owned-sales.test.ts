/** What only an eSIM's owner may buy: the gateway asks for no money, and takes none, whoever settles otherwise. */

import { describe, expect, test } from "vitest";
import type { ConfigInput } from "../../protocol/config.ts";
import { fingerprint } from "../../protocol/fingerprint.ts";
import { HEADER } from "../../protocol/headers.ts";
import { INVOICE_ID_BYTES, mintInvoice } from "../../protocol/invoice.ts";
import { type Usdc, usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import type { X402Version } from "../../protocol/payment.ts";
import { acceptedInput, MERCHANT } from "../builders/config.ts";
import { hmacKey } from "../builders/keys.ts";
import { buildPayment, NOW } from "../builders/payment.ts";
import { topUpInput } from "../builders/top-ups.ts";
import { grantedPayment, harness, responded, type Script, type SentRequest } from "./gate-harness.ts";
import { requiredIn } from "./support.ts";

const ESIM = "/v1/esim/8944500102198304826";
const TOP_UP: SentRequest = {
  method: "POST",
  path: `${ESIM}/topup`,
  query: "",
  clientIp: "192.0.2.1",
  headers: new Map([["authorization", ["Bearer at_x"]]]),
  body: new Uint8Array(),
};
const GATE: SentRequest = { ...TOP_UP, method: "GET", path: `${ESIM}/data` };
const SWAP: SentRequest = { ...TOP_UP, path: `${ESIM}/swap`, body: Buffer.from('{"plan":"eu-1gb"}') };

const SMALL = usdc(180_000n);
const LARGE = usdc(1_620_000n);
const PLAN = usdc(4_200_000n);

const shop = (script: Script = {}, config: Partial<ConfigInput> = {}) =>
  harness(script, { catalog: topUpInput().catalog, networks: [acceptedInput("base")], ...config });

/** With the invoice that the origin would have given for this price. */
async function paying(request: SentRequest, amount: Usdc, version: X402Version = 2): Promise<SentRequest> {
  const { method, path, query } = request;
  const body = request.body ?? new Uint8Array();
  const print = fingerprint({ method, path, query, body, headers: [] });
  const id = new Uint8Array(INVOICE_ID_BYTES);
  const invoice = mintInvoice({ id, fingerprint: print, price: amount, expiresAt: NOW + 600 }, hmacKey(4));
  const payment = await buildPayment({ version, network: networks.base, payTo: MERCHANT, amount, invoice });
  return { ...request, headers: new Map([...request.headers, [payment.headerName, [payment.header]]]) };
}

const ways: readonly (readonly [string, Partial<ConfigInput>, "verified" | "deferred"])[] = [
  ["the edge settles", {}, "deferred"],
  ["the edge settles upfront", { upfront: true }, "deferred"],
  ["the origin settles", { settle: "origin" }, "verified"],
];

describe.each(ways)("where %s otherwise", (_, config, state) => {
  test.each([
    ["a top-up", TOP_UP],
    ["the metered gate", GATE],
    ["a swap", SWAP],
  ])("%s without payment goes on to the origin, which knows the owner", async (_name, request) => {
    const gateway = shop({}, config);
    expect(await grantedPayment(await gateway.send(request))).toBeNull();
    expect(gateway.calls).toEqual([]);
  });

  test.each([
    ["a top-up", TOP_UP, SMALL],
    ["a larger top-up", TOP_UP, LARGE],
    ["the metered gate", GATE, LARGE],
    ["a swap", SWAP, PLAN],
  ])("the payment of %s is verified for its amount and settled by nobody yet", async (_name, request, amount) => {
    for (const version of [1, 2] as const) {
      const gateway = shop({}, config);
      const granted = await grantedPayment(await gateway.send(await paying(request, amount, version)));
      expect(granted).toMatchObject({ settlement: { state }, authorization: { value: amount } });
      expect(gateway.calls).toMatchObject([{ endpoint: "verify", terms: { price: amount, upfront: false } }]);
    }
  });
});

describe("a payment of a top-up", () => {
  test("of no option's price is refused without a call, with the terms of all of them", async () => {
    const gateway = shop();
    const { status, headers } = responded(await gateway.send(await paying(TOP_UP, usdc(180_001n), 1)));
    expect(status).toBe(402);
    const required = requiredIn(headers[HEADER.paymentRequired] ?? "");
    expect(required.accepts.map(({ amount }) => amount)).toEqual([String(SMALL), String(LARGE)]);
    expect(gateway.calls).toEqual([]);
  });

  test("by transaction hash is not taken: no money should move before the owner is known", async () => {
    const headers = new Map([...TOP_UP.headers, [HEADER.paymentProof, [`0x${"ab".repeat(32)}`]] as const]);
    const answer = responded(await shop({}, { proofs: "bearer" }).send({ ...TOP_UP, headers }));
    expect(JSON.parse(answer.body)).toMatchObject({ code: "payment_proof_malformed" });
  });

  test("that the facilitator finds used is forwarded as such", async () => {
    const answer = await shop({ verify: { kind: "spent" } }).send(await paying(TOP_UP, SMALL));
    expect(await grantedPayment(answer)).toMatchObject({ settlement: { state: "spent" } });
  });
});

test("a quote of a top-up names what there is to choose from", async () => {
  const answer = responded(await shop().send({ ...TOP_UP, query: "dry_run" }));
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({
    amount_usdc: "0.18",
    delivers: {
      top_up_options: [
        { data_mb: 50, amount_usdc: "0.18" },
        { data_mb: 500, amount_usdc: "1.62" },
      ],
    },
  });
});

test("what could not be had is refused before anybody is asked", async () => {
  const gateway = shop();
  const none = { ...TOP_UP, body: Buffer.from('{"data_mb":51}') };
  expect(JSON.parse(responded(await gateway.send(none)).body)).toMatchObject({ code: "package_unavailable" });
  const head = responded(await gateway.send({ ...GATE, method: "HEAD" }));
  expect(head.status).toBe(405);
});

test("in front of an origin that knows nothing of payments there is nothing for owners", async () => {
  const gateway = shop({}, { settle: "origin-response" });
  for (const request of [TOP_UP, GATE, SWAP]) expect(responded(await gateway.send(request)).status).toBe(404);
});
