/** Names what a request asks for, so that a fault can wait for "save refunding" rather than for the seventh PutItem. */

import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { parseJson } from "../../protocol/text.ts";
import type { Backend } from "./book.ts";

const putSchema = v.object({
  ConditionExpression: v.optional(v.string(), ""),
  Item: v.object({ pk: v.object({ S: v.string() }), state: v.optional(v.object({ S: v.string() })) }),
});

const rpcSchema = v.object({ method: v.string() });

const paymentSchema = v.object({
  paymentPayload: v.object({ payload: v.object({ authorization: v.object({ from: v.string() }) }) }),
});

/**
 * - table: `claim settled`, `save ordered` and so on by the state that is written; `save cursor` and `save rate` for what
 *   is no purchase; else DynamoDB's own name;
 * - facilitator: `verify`, `settle`, and `refund` for a settlement out of the refund wallet;
 * - supplier: the endpoint; rpc: the method; origin: `request`.
 */
export function operationOf(
  backend: Backend,
  { url = "", headers }: IncomingMessage,
  body: string,
  refundWallet: string,
): string {
  switch (backend) {
    case "origin":
      return "request";
    case "supplier":
      return url.split("/open/")[1] ?? url;
    case "rpc":
      return read(rpcSchema, body)?.method ?? "";
    case "facilitator": {
      const endpoint = url.split("/").at(-1) ?? "";
      const from = read(paymentSchema, body)?.paymentPayload.payload.authorization.from.toLowerCase();
      return endpoint === "settle" && from === refundWallet ? "refund" : endpoint;
    }
    case "table":
      return tableOperation(String(headers["x-amz-target"]).split(".")[1] ?? "", body);
  }
}

function tableOperation(name: string, body: string): string {
  const put = name === "PutItem" ? read(putSchema, body) : undefined;
  if (put === undefined) return name;
  const state = put.Item.state?.S ?? put.Item.pk.S.split("#")[0];
  return `${put.ConditionExpression.includes("attribute_not_exists") ? "claim" : "save"} ${state}`;
}

function read<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(schema, parseJson(text)?.value);
  return parsed.success ? parsed.output : undefined;
}
