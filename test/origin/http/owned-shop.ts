/** A shop that sold an eSIM of 1 GB, and what its owner may send to buy more for it. */

import { accessToken } from "../../../origin/access.ts";
import type { GrantedPayment } from "../../../protocol/grant.ts";
import type { Hex } from "../../../protocol/hex.ts";
import { type Usdc, usdc } from "../../../protocol/money.ts";
import { grantedPayment, ORDER_ID, purchaseIn, VERIFIED } from "../../builders/origin-purchase.ts";
import { NOW } from "../../builders/payment.ts";
import { SHELF, topUpConfig } from "../../builders/top-ups.ts";
import { ACCESS_SECRET, get, openShop, type Sent, type Shop } from "./shop.ts";

export const ICCID = "8944500102198304826";
/** The supplier's name of it. */
export const ESIM_NO = "tran-1";
export const ESIM = `/v1/esim/${ICCID}`;
export const GIB = 1_073_741_824n;

export const SMALL = usdc(180_000n);
export const LARGE = usdc(1_620_000n);
/** Of the plan that swaps ask for. */
export const PLAN = usdc(4_200_000n);

export const owner: Sent["headers"] = {
  authorization: `Bearer ${accessToken(ACCESS_SECRET, "order", ORDER_ID)}`,
};

export function openOwnedShop(config = topUpConfig()): Shop {
  const shop = openShop(() => ({}), config);
  shop.world.supplier.shelf = SHELF;
  shop.world.store.overwrite(purchaseIn("delivered"));
  return shop;
}

/** The eSIM has used so much in all. */
export function use({ world }: Shop, usedBytes: bigint, sequence = 1): void {
  world.usage.use({ esimTranNo: ESIM_NO, sequence, usedBytes, measuredAt: NOW });
}

export function topUp(body: object | null = null, headers = owner): Sent {
  return {
    method: "POST",
    target: `${ESIM}/topup`,
    body: body === null ? "" : JSON.stringify(body),
    headers,
  };
}

export function gate(headers = owner): Sent {
  return get(`${ESIM}/data`, headers);
}

export function swap(headers = owner): Sent {
  return { method: "POST", target: `${ESIM}/swap`, body: '{"plan":"eu-1gb"}', headers };
}

let nonces = 0;

/** A payment as the edge forwards it, another one each time. */
export function paying(value: Usdc, overrides: Partial<GrantedPayment> = {}): GrantedPayment {
  const nonce: Hex = `0x${(++nonces).toString(16).padStart(64, "0")}`;
  const { authorization } = grantedPayment();
  return grantedPayment({
    authorization: { ...authorization, value, nonce },
    settlement: VERIFIED,
    ...overrides,
  });
}
