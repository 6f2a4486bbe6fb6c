/** Buys at the gateway as an agent does: asks, signs, pays. */

import { randomBytes } from "node:crypto";
import { bytesToHex } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { parseChallenge } from "../../agent/challenge.ts";
import { type Answer, send } from "../../agent/http.ts";
import { chooseOffer } from "../../agent/offer.ts";
import { localSigner, type SignedPayment, signPayment } from "../../agent/sign.ts";
import type { Shop } from "./shop.ts";

/** More than anything here costs: $1,000. */
const MAX_AMOUNT = usdc(1_000_000_000n);

const TIMEOUT_MS = 60_000;

export type Item = { readonly plan: string } | { readonly region: string; readonly data_mb: number };

/** One eSIM, or a batch of them. */
export type Order = Item | { readonly items: readonly Item[] };

/** Asks for the price and signs it; not a cent has moved yet. */
export async function sign(shop: Shop, order: Order): Promise<SignedPayment> {
  const asked = await post(shop, order, {});
  const challenge = parseChallenge(asked);
  if (!challenge.ok) throw new Error(`no challenge: ${challenge.reason}`);
  const offer = chooseOffer(challenge.value, "polygon", MAX_AMOUNT);
  if (!offer.ok) throw new Error(`no offer to accept: ${offer.reason.detail}`);
  const signer = localSigner(shop.secrets.payerKey);
  const now = Math.floor(Date.now() / 1_000);
  return signPayment(challenge.value, offer.value, signer, now, bytesToHex(randomBytes(32)));
}

/** @throws Error where it is not delivered at once */
export async function pay(shop: Shop, order: Order, { headers }: SignedPayment): Promise<void> {
  const { status, body } = await post(shop, order, headers);
  if (status !== 200) throw new Error(`a purchase was answered ${status}: ${Buffer.from(body).toString()}`);
}

async function post(shop: Shop, order: Order, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const path = "items" in order ? "/v1/esim/activate/batch" : "/v1/esim/activate";
  const answer = await send(
    fetch,
    {
      url: new URL(path, shop.url),
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(order),
    },
    TIMEOUT_MS,
  );
  if (answer.kind === "fault") throw new Error(`a purchase failed: ${answer.reason}`);
  return answer;
}
