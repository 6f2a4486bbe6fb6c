/** A shop with an allotment in it, and what its buyer and its workers ask of it. */

import * as v from "valibot";
import { expect } from "vitest";
import { type Access, accessToken } from "../../../origin/access.ts";
import type { Response } from "../../../origin/http/response.ts";
import { deliveredAllotment, stockAllotment } from "../../builders/allotment.ts";
import { ORDER_ID } from "../../builders/origin-purchase.ts";
import { ACCESS_SECRET, bodyOf, forward, get, type Sent, type Shop } from "./shop.ts";

export const tokenFor = (access: Access, order = ORDER_ID) => accessToken(ACCESS_SECRET, access, order);

export const BUYER = tokenFor("order");
export const DRAWER = tokenFor("allotment");
export const PATH = `/v1/allotments/${ORDER_ID}`;

export function post(target: string, body: string, token?: string): Sent {
  const credentials = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { method: "POST", target, body, headers: { "content-type": "application/json", ...credentials } };
}

export const stock = ({ world }: Shop, count: number, missing: readonly number[] = []) =>
  stockAllotment(world, deliveredAllotment(count, missing));

export const draw = (shop: Shop, deviceId: string) =>
  forward(shop, post(`${PATH}/draw`, JSON.stringify({ device_id: deviceId }), DRAWER));

export const look = (shop: Shop, target: string, token?: string) =>
  forward(shop, get(target, token === undefined ? {} : { authorization: `Bearer ${token}` }));

export const giveBack = (shop: Shop, token = BUYER) => forward(shop, post(`${PATH}/return`, "", token));

const drawnSchema = v.object({
  item: v.number(),
  qr_code: v.string(),
  qr_image: v.string(),
  esim_token: v.string(),
  replayed: v.boolean(),
});

export function drawnIn(response: Response): v.InferOutput<typeof drawnSchema> {
  expect(response.statusCode).toBe(200);
  return v.parse(drawnSchema, bodyOf(response));
}
