/** The stock clients, unmodified, buy from the local stack on every network that they know. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localChains, type Stack, startStack } from "./stack.ts";
import { activation, balances, esimOf, PRICE, payerOf, receiptOf, v1Client, v2Client } from "./support.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ chains: localChains, allocationDelayMs: 300 });
});

afterAll(async () => {
  expect(stack.gateways[0].violations).toEqual([]);
  await stack.close();
});

const activate = (plan: string, chain: string) => ({
  url: `${stack.url}/v1/esim/activate`,
  init: activation({ plan, chain, device_id: "drone-47" }),
});

describe("@x402/fetch (v2)", () => {
  test.each(localChains)("buys an eSIM on %s for exactly its price", async (chain) => {
    const before = await balances(stack, chain);
    const { url, init } = activate("us-7day", chain);
    const response = await v2Client(stack)(url, init);
    const esim = await esimOf(response);
    const after = await balances(stack, chain);

    expect(after.payer).toBe(before.payer - PRICE["us-7day"]);
    expect(after.merchant).toBe(before.merchant + PRICE["us-7day"]);
    expect(esim.esim_iccid).toBe(esim.iccid);
    expect(esim.payment.chain).toBe(chain);
    const receipt = receiptOf(response);
    expect(receipt).toMatchObject({
      success: true,
      network: stack.chain(chain).network.caip2,
      payer: payerOf(stack).address,
      transaction: esim.payment.transaction,
    });
    const { client } = stack.chain(chain);
    const hash: `0x${string}` = `0x${receipt.transaction.slice(2)}`;
    expect((await client.getTransactionReceipt({ hash })).status).toBe("success");
  });

  test("buys the report for one cent", async () => {
    const before = await balances(stack, "polygon");
    const response = await v2Client(stack)(`${stack.url}/report`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ currency: "USDC" });
    expect((await balances(stack, "polygon")).payer).toBe(before.payer - PRICE.report);
    expect(receiptOf(response).success).toBe(true);
  });
});

describe("x402-fetch (v1)", () => {
  test.each(["base", "polygon"] as const)("buys an eSIM on %s for exactly its price", async (chain) => {
    const before = await balances(stack, chain);
    const { url, init } = activate("global-30day", chain);
    const response = await v1Client(stack, chain)(url, init);
    const esim = await esimOf(response);
    const after = await balances(stack, chain);

    expect(after.payer).toBe(before.payer - PRICE["global-30day"]);
    expect(after.merchant).toBe(before.merchant + PRICE["global-30day"]);
    expect(response.headers.has("payment-response")).toBe(false);
    expect(receiptOf(response)).toMatchObject({ success: true, network: chain });
    expect(esim.payment.chain).toBe(chain);
  });

  test("buys the report for one cent", async () => {
    const before = await balances(stack, "base");
    const response = await v1Client(stack, "base")(`${stack.url}/report`);
    expect(response.status).toBe(200);
    expect((await balances(stack, "base")).payer).toBe(before.payer - PRICE.report);
  });
});

describe("what was bought", () => {
  test("is shown again to whoever holds the access token, and its QR code to whoever has the link", async () => {
    const { url, init } = activate("us-7day", "polygon");
    const esim = await esimOf(await v2Client(stack)(url, init));
    const order = await fetch(esim.order_url, { headers: { authorization: `Bearer ${esim.access_token}` } });
    expect(await esimOf(order)).toMatchObject({ iccid: esim.iccid, qr_code: esim.qr_code, replayed: true });

    const image = await fetch(esim.qr_image);
    expect(image.headers.get("content-type")).toBe("image/svg+xml");
    expect(await image.text()).toContain("<svg");
    const png = await fetch(esim.qr_image.replace("qr.svg", "qr.png"));
    expect(
      Buffer.from(await png.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  test("is a real supplier order under the order's own id, once", async () => {
    const { url, init } = activate("us-7day", "polygon");
    const esim = await esimOf(await v2Client(stack)(url, init));
    const orders = stack.supplier.orders.filter(({ transactionId }) => transactionId === esim.order_id);
    expect(orders).toHaveLength(1);
  });
});
