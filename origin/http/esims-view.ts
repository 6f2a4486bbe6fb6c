/** The eSIMs of an order as its owner sees them: a list with what became of each, and one by itself also without it. */

import { parseMeteredName } from "../../protocol/metered-name.ts";
import type { EsimGoods, EsimLine } from "../../protocol/offer.ts";
import { accessToken } from "../access.ts";
import { isAllotment } from "../allotment/allotment.ts";
import { installLinks } from "../esim/install-links.ts";
import { parseActivationCode } from "../esim/lpa.ts";
import { type Esim, isHandedOver, type Purchase, shownEsim } from "../purchase/purchase.ts";
import { drawView } from "./allotment-view.ts";
import { orderUrl, type ViewOptions } from "./order-view.ts";

type ItemState = "pending" | "delivered" | "undelivered" | "returning" | "returned";

export function esimsView(
  purchase: Purchase,
  goods: EsimGoods,
  options: ViewOptions,
): Record<string, unknown> {
  const { lines, allotment } = goods;
  const views = lines.map((line, position) => itemView(purchase, line, position, options));
  const items = views.map((view, item) => ({ item, item_state: itemState(purchase, item), ...view }));
  const [only] = views;
  if (views.length > 1 || allotment !== undefined) return { items };
  return { ...only, ...fallbackView(purchase, goods, options), items };
}

/** The eSIM that is ordered as well where the first one is late, and which of the two is the buyer's: both until it chose. */
function fallbackView(purchase: Purchase, { lines, fallback }: EsimGoods, options: ViewOptions): object {
  if (fallback === undefined) return {};
  const [own, other] = [shownEsim(purchase, 0), shownEsim(purchase, lines.length)];
  const shown = other === null ? {} : esimView(purchase, other, lines.length, options);
  return {
    fallback: { ...meteredView(fallback.plan), ...shown },
    active: own === null ? (other === null ? null : "fallback") : other === null ? "primary" : null,
  };
}

function itemView(
  purchase: Purchase,
  { plan, deviceId, eid }: EsimLine,
  position: number,
  options: ViewOptions,
): object {
  if (isAllotment(purchase)) {
    return { ...planView(plan), ...drawView(purchase, options.allotment, position) };
  }
  const esim = shownEsim(purchase, position);
  return {
    ...planView(plan),
    device_id: deviceId,
    ...(eid === undefined ? {} : { eid }),
    ...(esim === null ? {} : esimView(purchase, esim, position, options)),
  };
}

export function planView(plan: string): object {
  return { plan, ...meteredView(plan) };
}

/** What metered data was asked for. */
function meteredView(plan: string): object {
  const metered = parseMeteredName(plan);
  if (metered === undefined) return {};
  const { region, dataMb, carrier } = metered;
  return { region, data_mb: dataMb, carrier };
}

/** Whether the supplier is being asked to take the eSIM of a line back. */
export function isReturning({ state, giveBack }: Purchase, position: number): boolean {
  return state === "returning" && giveBack?.open.includes(position) === true;
}

export function itemState(purchase: Purchase, position: number): ItemState {
  if (isReturning(purchase, position)) return "returning";
  if (shownEsim(purchase, position) !== null || hasFallback(purchase)) return "delivered";
  if (purchase.returned.some(({ line }) => line === position)) return "returned";
  return isHandedOver(purchase) || purchase.refund !== null || purchase.state === "void"
    ? "undelivered"
    : "pending";
}

/** Beside a single line there may be a fallback, which serves it as well. */
function hasFallback(purchase: Purchase): boolean {
  return purchase.goods.kind === "esims" && shownEsim(purchase, purchase.goods.lines.length) !== null;
}

/** An eSIM with all that it takes to install it. */
export function esimView(
  purchase: Purchase,
  { iccid, activationCode, apn }: Esim,
  position: number,
  { publicUrl, accessSecret }: Pick<ViewOptions, "publicUrl" | "accessSecret">,
) {
  const { id } = purchase;
  const parsed = parseActivationCode(activationCode);
  // Who may see one eSIM of an allotment may not see the others.
  const access = isAllotment(purchase) ? ({ to: "item_qr", item: position } as const) : "qr";
  const token = accessToken(accessSecret, access, id);
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
