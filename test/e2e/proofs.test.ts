/** Proof of payment by transaction hash: what the chain shows, and who may say that it was theirs. */

import * as v from "valibot";
import { createWalletClient, type Hex, http } from "viem";
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transferWithAuthorizationTypes, usdcDomain } from "../../protocol/eip3009.ts";
import { fiatTokenAbi } from "../../scripts/local/chain/abi.ts";
import { type Stack, startStack } from "./stack.ts";
import { activation, balances, esimOf, PRICE, payTo, problemOf } from "./support.ts";

const init = activation({ plan: "us-7day", device_id: "drone-47" });

const termsSchema = v.object({
  invoice_id: v.string(),
  nonce: v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/)),
});

let stack: Stack;
let url: string;
let sender: PrivateKeyAccount;

/** A payer who has gas, and sends its own transactions. */
async function start(config: { readonly proofs?: "bearer" }): Promise<void> {
  stack = await startStack({ allocationDelayMs: 100, config });
  url = `${stack.url}/v1/esim/activate`;
  sender = privateKeyToAccount(generatePrivateKey());
  const chain = stack.chain("polygon");
  await chain.fund(sender.address);
  await chain.mintUsdc(sender.address, 100_000_000n);
}

async function quote() {
  return v.parse(termsSchema, await (await fetch(url, init)).json());
}

function wallet() {
  return createWalletClient({ account: sender, transport: http(stack.chain("polygon").rpcUrl) });
}

function token() {
  const { network } = stack.chain("polygon");
  return { address: network.usdc.address, abi: fiatTokenAbi, chain: null } as const;
}

/** The payer settles its own authorization, with the challenge's nonce. */
async function payWithNonce(nonce: string, value: bigint = PRICE["us-7day"]): Promise<Hex> {
  const { network } = stack.chain("polygon");
  const message = {
    from: sender.address,
    to: payTo(stack),
    value,
    validAfter: 0n,
    validBefore: BigInt(Math.floor(Date.now() / 1_000) + 600),
    nonce: `0x${nonce.slice(2)}` as const,
  };
  const signature = await sender.signTypedData({
    domain: usdcDomain(network),
    types: transferWithAuthorizationTypes,
    primaryType: "TransferWithAuthorization",
    message,
  });
  const { from, to, validAfter, validBefore } = message;
  return wallet().writeContract({
    ...token(),
    functionName: "transferWithAuthorization",
    args: [from, to, value, validAfter, validBefore, message.nonce, signature],
  });
}

function transfer(value: bigint = PRICE["us-7day"], to: Hex = payTo(stack)): Promise<Hex> {
  return wallet().writeContract({ ...token(), functionName: "transfer", args: [to, value] });
}

function withProof(headers: Record<string, string>): Promise<Response> {
  return fetch(url, { ...init, headers });
}

const confirm = () => stack.chain("polygon").mine(12);

describe("bound to the invoice", () => {
  beforeAll(() => start({}));
  afterAll(() => stack.close());

  test("a transaction with the challenge's nonce buys, once it has its confirmations; before, the same invoice stands", async () => {
    const { invoice_id, nonce } = await quote();
    const hash = await payWithNonce(nonce);
    const headers = { "x-payment-receipt": hash, "x-invoice-id": invoice_id };
    const early = await withProof(headers);
    expect(early.status).toBe(402);
    expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(0);
    const terms = await problemOf(early);
    expect(terms).toMatchObject({
      code: "payment_unconfirmed",
      payment_state: "in_flight",
      invoice_id,
      nonce,
      required_confirmations: 12,
    });
    expect(terms["confirmations"]).toBeLessThan(12);

    await confirm();
    const esim = await esimOf(await withProof(headers));
    expect(esim.payment.transaction).toBe(hash);
    expect(await esimOf(await withProof(headers))).toEqual({ ...esim, replayed: true });
  });

  test("a plain transfer buys when its sender signed the invoice", async () => {
    const { invoice_id } = await quote();
    const hash = await transfer();
    await confirm();
    const signature = await sender.signMessage({ message: invoice_id });
    const headers = { "x-payment-proof": hash, "x-invoice-id": invoice_id, "x-payment-signer": signature };
    expect((await esimOf(await withProof(headers))).payment.transaction).toBe(hash);
  });

  test("a plain transfer that nobody signed for buys nothing", async () => {
    const { invoice_id, nonce } = await quote();
    const hash = await transfer();
    await confirm();
    const response = await withProof({ "x-payment-proof": hash, "x-invoice-id": invoice_id });
    expect(response.status).toBe(402);
    const terms = await problemOf(response);
    expect(terms).toMatchObject({
      code: "payment_proof_failed",
      reason: "not_bound",
      retry_action: "resign",
    });
    expect(terms["nonce"]).not.toBe(nonce);
  });

  test("somebody who saw the hash on chain can't use it with an invoice of their own", async () => {
    const { nonce } = await quote();
    const hash = await payWithNonce(nonce);
    await confirm();
    const thief = await quote();
    const response = await withProof({ "x-payment-receipt": hash, "x-invoice-id": thief.invoice_id });
    expect(await problemOf(response)).toMatchObject({ code: "payment_proof_failed", reason: "not_bound" });
  });

  test("one transfer pays for one purchase, whatever else its sender signs", async () => {
    const first = await quote();
    const hash = await transfer();
    await confirm();
    const prove = async (invoice: string) =>
      withProof({
        "x-payment-proof": hash,
        "x-invoice-id": invoice,
        "x-payment-signer": await sender.signMessage({ message: invoice }),
      });
    await esimOf(await prove(first.invoice_id));
    const again = await prove((await quote()).invoice_id);
    expect(again.status).toBe(409);
    expect((await problemOf(again)).code).toBe("payment_already_used");
  });

  test.each([
    ["the wrong amount", () => transfer(1n), "no_such_transfer"],
    ["somebody else's transfer", () => transfer(PRICE["us-7day"], sender.address), "no_such_transfer"],
  ])("%s is no payment, and the next challenge has a new nonce", async (_, pay, reason) => {
    const { invoice_id, nonce } = await quote();
    const hash = await pay();
    await confirm();
    const signature = await sender.signMessage({ message: invoice_id });
    const response = await withProof({
      "x-payment-proof": hash,
      "x-invoice-id": invoice_id,
      "x-payment-signer": signature,
    });
    const terms = await problemOf(response);
    expect(terms).toMatchObject({ code: "payment_proof_failed", reason });
    expect(terms["nonce"]).not.toBe(nonce);
  });

  test("a hash that no chain knows keeps its invoice, since it may still come", async () => {
    const { invoice_id } = await quote();
    const response = await withProof({
      "x-payment-proof": `0x${"ab".repeat(32)}`,
      "x-invoice-id": invoice_id,
    });
    expect(await problemOf(response)).toMatchObject({
      code: "payment_unconfirmed",
      confirmations: 0,
      invoice_id,
    });
  });

  test.each([
    ["without an invoice", { "x-payment-proof": `0x${"ab".repeat(32)}` }, 402, "invoice_missing"],
    [
      "that is no hash",
      { "x-payment-proof": "0x12", "x-invoice-id": "inv_x" },
      400,
      "payment_proof_malformed",
    ],
    [
      "of another invoice's making",
      { "x-payment-proof": `0x${"ab".repeat(32)}`, "x-invoice-id": "inv_x" },
      402,
      "invoice_invalid",
    ],
  ])("a proof %s is refused at the edge", async (_, headers, status, code) => {
    const response = await withProof(headers);
    expect(response.status).toBe(status);
    expect((await problemOf(response)).code).toBe(code);
  });
});

describe("bearer", () => {
  beforeAll(() => start({ proofs: "bearer" }));
  afterAll(() => stack.close());

  test("the bare hash buys, once", async () => {
    const before = await balances(stack, "polygon");
    const hash = await transfer();
    await confirm();
    await esimOf(await withProof({ "x-payment-receipt": hash }));
    expect((await balances(stack, "polygon")).merchant).toBe(before.merchant + PRICE["us-7day"]);
    const again = await withProof({ "x-payment-receipt": hash });
    expect(again.status).toBe(409);
    expect((await problemOf(again)).code).toBe("payment_already_used");
  });
});
