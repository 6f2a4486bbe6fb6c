/** Attacks on what is paid: the client's own terms, unreadable and doubled payments, odd amounts, times and quotes. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Authorization } from "../../../protocol/eip3009.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { type Hex, hexToBytes } from "../../../protocol/hex.ts";
import { INVOICE_ID_BYTES, mintInvoice, readInvoice } from "../../../protocol/invoice.ts";
import { usdc } from "../../../protocol/money.ts";
import { networks } from "../../../protocol/network.ts";
import { encodeBase64 } from "../../../protocol/text.ts";
import { type BuiltPayment, buildPayment } from "../../builders/payment.ts";
import { get, headerOf, invoiceIn, requiredIn, sendWire } from "../../edge/support.ts";
import { type Stack, startStack } from "../stack.ts";
import { esimOf, PRICE, paid, payerOf, payTo, type SignedPayment, signFor } from "../support.ts";
import {
  books,
  init,
  opened,
  type PaymentHeaders,
  untouched,
  v1Headers,
  v2Headers,
  withHeaders,
} from "./support.ts";

let stack: Stack;
let url: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 50 });
  url = `${stack.url}/v1/esim/activate`;
});
afterAll(() => stack.close());

const ATTACKER: Hex = "0x00000000000000000000000000000000000b0b00";
const now = () => Math.floor(Date.now() / 1_000);
const send = (headers: PaymentHeaders) => fetch(url, withHeaders(init, headers));
const refused = (headers: PaymentHeaders) => untouched(stack, () => send(headers));

/** Signed as it stands here, whatever the terms say. */
function signed(overrides: Partial<Authorization>): Promise<BuiltPayment> {
  return buildPayment({
    version: 1,
    network: networks.polygon,
    payTo: payTo(stack),
    amount: usdc(PRICE["us-7day"]),
    account: payerOf(stack),
    now: now(),
    overrides,
  });
}

describe("3. requirements are rebuilt on the server: the client's `accepted` is only matched", () => {
  test.each([
    ["payTo", ATTACKER, "payment_terms_mismatch"],
    ["amount", "1", "payment_terms_mismatch"],
    ["asset", ATTACKER, "payment_terms_mismatch"],
    ["network", "eip155:8453", "payment_network_unsupported"],
    ["scheme", "upto", "payment_scheme_unsupported"],
  ])("with another %s it is refused before the facilitator is asked", async (field, value, code) => {
    const payment = opened(await signFor(stack, url, init));
    const response = await refused(
      v2Headers({ ...payment, accepted: { ...payment.accepted, [field]: value } }),
    );
    expect(response.status).toBe(402);
    expect(requiredIn(response.headers.get(HEADER.paymentRequired) ?? "").error).toBe(code);
  });

  test.each([
    ["to the attacker", { to: ATTACKER }, "payment_recipient_mismatch"],
    ["of a single unit", { value: usdc(1n) }, "payment_amount_mismatch"],
    ["of one unit too few", { value: usdc(PRICE["us-7day"] - 1n) }, "payment_amount_mismatch"],
    ["by another account", { from: ATTACKER }, "payment_signature_invalid"],
  ] satisfies readonly (readonly [
    string,
    Partial<Authorization>,
    string,
  ])[])("an authorization %s is refused, though `accepted` is untouched", async (_, overrides, code) => {
    const { accepted } = opened(await signFor(stack, url, init));
    const { authorization, signature } = await signed(overrides);
    const payload = { signature, authorization: textual(authorization) };
    const response = await refused(v2Headers({ x402Version: 2, accepted, payload }));
    expect(response.status).toBe(402);
    expect(requiredIn(response.headers.get(HEADER.paymentRequired) ?? "").error).toBe(code);
  });
});

function textual({ value, validAfter, validBefore, ...others }: Authorization) {
  const times = { validAfter: validAfter.toString(), validBefore: validBefore.toString() };
  return { ...others, ...times, value: value.toString() };
}

describe("13. doubled, over-long and loosely written payments are 400", () => {
  type Lines = (payment: SignedPayment) => readonly (readonly [string, string])[];

  const decoded = (header: string) => Buffer.from(header, "base64").toString();
  const one =
    (change: (header: string) => string): Lines =>
    ({ header }) => [[HEADER.paymentSignature, change(header)]];

  test.each<readonly [string, Lines]>([
    ["twice the same", ({ header }) => [1, 2].map(() => [HEADER.paymentSignature, header])],
    [
      "of both versions",
      (payment) => [
        [HEADER.paymentSignature, payment.header],
        ...Object.entries(v1Headers(opened(payment).payload)),
      ],
    ],
    ["of 9,000 characters", one((header) => header.padEnd(9_000, "A"))],
    ["in base64url", one((header) => encodeBase64(`${decoded(header)}  ÿþ`).replaceAll("/", "_"))],
    [
      "without padding",
      one((header) => encodeBase64(`${decoded(header)} `.padEnd(1_000)).replace(/=+$/, "")),
    ],
    ["with a blank inside", one((header) => `${header.slice(0, 8)} ${header.slice(8)}`)],
    ["with text behind its JSON", one((header) => encodeBase64(`${decoded(header)}x`))],
    ["with a key repeated", one((header) => encodeBase64(decoded(header).replace("{", '{"x402Version":2,')))],
    ["with a comma for a second value", one((header) => `${header},${header}`)],
  ])("%s", async (_, lines) => {
    const payment = await signFor(stack, `${stack.url}/report`);
    const request = get("/report", lines(payment));
    const answer = await untouched(stack, () => sendWire(stack.url, request));
    expect(answer.status).toBe(400);
    expect(headerOf(answer, HEADER.paymentRequired)).toBe("");
  });
});

describe("16. amounts are integers of atomic units, quotes expire, validBefore is bounded", () => {
  test.each([
    4_200_000,
    "4200000.0",
    "42e5",
    "0x401640",
    "04200000",
    " 4200000",
    "-4200000",
    "4.20",
    `${2n ** 256n + PRICE["us-7day"]}`,
  ])("the value %j is no amount", async (value) => {
    const { payload } = opened(await signFor(stack, url, init));
    const response = await refused(
      v1Headers({ ...payload, authorization: { ...payload.authorization, value } }),
    );
    expect(response.status).toBe(400);
  });

  test.each([
    ["is valid for a day", () => ({ validBefore: BigInt(now() + 86_400) })],
    ["is valid for ever", () => ({ validBefore: 2n ** 256n - 1n })],
    ["is not valid yet", () => ({ validAfter: BigInt(now() + 30) })],
    ["has expired", () => ({ validBefore: BigInt(now() - 1) })],
    ["expires while it would be settled", () => ({ validBefore: BigInt(now() + 3) })],
  ])("an authorization that %s is 402", async (_, overrides) => {
    const { headerName, header } = await signed(overrides());
    const response = await refused({ [headerName]: header });
    expect(response.status).toBe(402);
  });

  /** A quote for this request, as it would be presented that many seconds after it ran out. */
  async function quoteExpired(secondsAgo: number, price: bigint): Promise<string> {
    const key = { id: 1, secret: hexToBytes(stack.secrets.invoiceKey) };
    const terms = requiredIn((await fetch(url, init)).headers.get(HEADER.paymentRequired) ?? "");
    const quoted = readInvoice(invoiceIn(terms), [key]);
    if (!quoted.ok) throw new Error("the stack's own invoice reads");
    const { fingerprint } = quoted.value;
    const id = new Uint8Array(INVOICE_ID_BYTES).fill(7);
    return mintInvoice({ id, fingerprint, price: usdc(price), expiresAt: now() - secondsAgo }, key);
  }

  test("an expired quote buys at its price only as long as an authorization signed before lives", async () => {
    const cheap = usdc(1_000_000n);
    const { headerName, header } = await signed({ value: cheap });
    const late = await refused({ [headerName]: header, [HEADER.invoice]: await quoteExpired(120, cheap) });
    expect(late.status).toBe(402);
    const before = await books(stack);
    const intime = await send({ [headerName]: header, [HEADER.invoice]: await quoteExpired(5, cheap) });
    await esimOf(intime);
    expect((await books(stack)).payer).toBe(before.payer - cheap);
  });

  test("a price that the payer wrote into the invoice is no quote", async () => {
    const { headerName, header } = await signed({ value: usdc(1n) });
    const terms = requiredIn((await fetch(url, init)).headers.get(HEADER.paymentRequired) ?? "");
    const bytes = Buffer.from(invoiceIn(terms).slice(4), "base64url");
    bytes.writeBigUInt64BE(1n, 44);
    const invoice = `inv_${bytes.toString("base64url")}`;
    const response = await refused({ [headerName]: header, [HEADER.invoice]: invoice });
    expect(response.status).toBe(402);
  });
});

test("a payment that none of this was done to buys", async () => {
  const before = await books(stack);
  await esimOf(await fetch(url, paid(await signFor(stack, url, init), init)));
  expect((await books(stack)).payer).toBe(before.payer - PRICE["us-7day"]);
});
