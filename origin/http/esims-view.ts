/** The eSIMs of an order as its owner sees them: one by itself, or a list with what became of each. */

import type { EsimLine } from "../../protocol/offer.ts";
import { accessToken } from "../access.ts";
import { installLinks } from "../esim/install-links.ts";
import { parseActivationCode } from "../esim/lpa.ts";
import { type Esim, isHandedOver, type Purchase } from "../purchase/purchase.ts";
import { orderUrl, type ViewOptions } from "./order-view.ts";

type ItemState = "pending" | "delivered" | "undelivered";

export function esimsView(purchase: Purchase, lines: readonly EsimLine[], options: ViewOptions): object {
  const [only, ...others] = lines.map((line, position) => itemView(purchase, line, position, options));
  return others.length === 0 ? { ...only } : { items: [only, ...others] };
}

function itemView(
  purchase: Purchase,
  { plan, deviceId }: EsimLine,
  position: number,
  options: ViewOptions,
): object {
  const esim = esimAt(purchase, position);
  const item = { plan, device_id: deviceId };
  const isAlone = purchase.goods.kind === "esims" && purchase.goods.lines.length === 1;
  const place = isAlone ? {} : { item: position, item_state: stateOf(purchase, esim) };
  return { ...place, ...item, ...(esim === null ? {} : esimView(purchase.id, esim, position, options)) };
}

/** The eSIM of a line, if its buyer may see it. */
export function esimAt(purchase: Purchase, position: number): Esim | null {
  const { delivery } = purchase;
  if (!isHandedOver(purchase) || delivery?.kind !== "esims") return null;
  return delivery.esims[position] ?? null;
}

function stateOf(purchase: Purchase, esim: Esim | null): ItemState {
  if (esim !== null) return "delivered";
  return isHandedOver(purchase) || purchase.refund !== null || purchase.state === "void"
    ? "undelivered"
    : "pending";
}

function esimView(
  id: string,
  { iccid, activationCode, apn }: Esim,
  position: number,
  { publicUrl, accessSecret }: ViewOptions,
) {
  const parsed = parseActivationCode(activationCode);
  const token = accessToken(accessSecret, "qr", id);
  const item = position === 0 ? "" : `&item=${position}`;
  return {
    iccid,
    esim_iccid: iccid,
    apn,
    qr_code: activationCode,
    qr_image: `${orderUrl(publicUrl, id)}/qr.svg?token=${token}${item}`,
    smdp_address: parsed?.smdpAddress ?? null,
    matching_id: parsed?.matchingId ?? null,
    install: installLinks(activationCode),
  };
}
