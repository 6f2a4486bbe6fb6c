/** An allotment as those see it who hold a token of it. No eSIM is in here: whoever draws one is shown that one. */

import { accessToken } from "../access.ts";
import {
  type Allotment,
  drawOf,
  isAllotment,
  isLost,
  itemsOf,
  stateOf,
  undrawnItems,
} from "../allotment/allotment.ts";
import { isHandedOver, type Purchase, shownEsim } from "../purchase/purchase.ts";
import type { OriginPorts } from "./app.ts";
import { orderView } from "./order-view.ts";

/**
 * An order as its owner sees it; an allotment with what was drawn of it, and the token that draws.
 *
 * @throws StoreUnavailableError
 */
export async function showOrder(
  purchase: Purchase,
  replayed: boolean,
  { accessSecrets: [accessSecret], purchase: { publicUrl, allotments, now } }: OriginPorts,
): Promise<Record<string, unknown>> {
  const options = { publicUrl, accessSecret, replayed };
  const allotment = isAllotment(purchase) ? await allotments.get(purchase.id) : undefined;
  if (allotment === undefined) return orderView(purchase, options);
  const token = accessToken(accessSecret, "allotment", purchase.id);
  return {
    ...orderView(purchase, { ...options, allotment }),
    allotment: { ...allotmentView(purchase, allotment, publicUrl, now()), token },
  };
}

/** What there is of it. `returned` counts those that are the supplier's again. @param now Unix milliseconds */
export function allotmentView(
  purchase: Purchase,
  allotment: Allotment,
  publicUrl: string,
  now: number,
): Record<string, unknown> {
  const { id, goods } = purchase;
  const count = goods.kind === "esims" ? goods.lines.length : 0;
  const had = itemsOf(purchase);
  const state = stateOf(purchase, allotment, now);
  const isKnown = isHandedOver(purchase) || isLost(purchase);
  return {
    id,
    state,
    count,
    remaining: state === "open" ? undrawnItems(purchase, allotment).length : 0,
    drawn: allotment.draws.length,
    returned: had.filter((item) => shownEsim(purchase, item) === null).length,
    undelivered: isKnown ? count - had.length : 0,
    expires_at: new Date(allotment.expiresAt).toISOString(),
    draw_url: `${publicUrl}/v1/allotments/${id}/draw`,
  };
}

/** Who drew an item, and its number from then on: never what opens it. */
export function drawView(purchase: Purchase, allotment: Allotment | undefined, item: number): object {
  const draw = allotment === undefined ? undefined : drawOf(purchase, allotment, item);
  return {
    device_id: draw?.deviceId ?? null,
    drawn_at: draw === undefined ? null : new Date(draw.at).toISOString(),
    ...(draw === undefined ? {} : { iccid: shownEsim(purchase, item)?.iccid ?? null }),
  };
}
