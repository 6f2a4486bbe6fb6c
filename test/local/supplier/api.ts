/** Calls the simulated supplier as a stranger would, without edge402's client, for tests. */

import * as v from "valibot";
import type { SimulatedSupplier } from "../../../scripts/local/supplier/supplier.ts";

const envelope = v.object({
  success: v.boolean(),
  errorCode: v.string(),
  errorMsg: v.nullable(v.string()),
  obj: v.nullable(v.record(v.string(), v.unknown())),
});

export type Envelope = v.InferOutput<typeof envelope>;

export const ACCESS_CODE = "test-access-code";

export async function call(
  supplier: SimulatedSupplier,
  endpoint: string,
  body: unknown,
  headers: Record<string, string> = { "RT-AccessCode": ACCESS_CODE },
): Promise<Envelope> {
  const response = await fetch(`${supplier.url}/${endpoint}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return v.parse(envelope, await response.json());
}

/** The error code that a call is refused with, "0" when it is not. */
export const codeOf = async (...args: Parameters<typeof call>): Promise<string> =>
  (await call(...args)).errorCode;

/** An order's body; a test changes one thing. */
export const usOrder = {
  transactionId: "order-1",
  amount: 9_000,
  packageInfoList: [{ packageCode: "CKH802", count: 1, price: 9_000 }],
};

/** Buys one profile and returns its number. */
export async function buy(supplier: SimulatedSupplier): Promise<string> {
  await call(supplier, "esim/order", usOrder);
  const number = supplier.orders[0]?.profiles[0]?.esimTranNo;
  if (number === undefined) throw new Error("nothing was ordered");
  return number;
}
