/** On which terms an owner may top up an eSIM; and at the metered gate, that there is nothing to pay while data is left. */

import { formatUsdc, type Usdc } from "../../protocol/money.ts";
import type { Offer } from "../../protocol/offer.ts";
import { queryParameter } from "../../protocol/path.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import type { TopUpGoods } from "../purchase/goods.ts";
import { packageFor } from "../supplier/top-up-packages.ts";
import type { OriginPorts } from "./app.ts";
import { buyerOf, openEsim } from "./credentials.ts";
import { dataLeft, isOver } from "./data-left.ts";
import { supplierSilent } from "./esim-status.ts";
import type { OwnedAsk, OwnedTerms } from "./owned-sales.ts";
import { json, problemResponse, type Response } from "./response.ts";
import { boughtBytes } from "./usage-view.ts";

/** @throws StoreUnavailableError */
export async function topUpTerms(
  { route, request, offers, details }: OwnedAsk,
  ports: OriginPorts,
): Promise<Result<OwnedTerms, Response>> {
  const opened = await openEsim(route.iccid, request, ports, details);
  if (!opened.ok) return opened;
  const { purchase, position, line, esim } = opened.value;
  const { esimTranNo, iccid } = esim;
  const left = await dataLeft(esimTranNo, boughtBytes(ports.purchase.catalog, line), ports);
  if (left === undefined) return fail(supplierSilent(details));
  const { remainingKb, state, isDisputed } = left;
  if (route.name === "esim_data" && remainingKb > 0) {
    const payment = request.grant.payment === null ? "none" : "ignored";
    return fail(json(200, { iccid, state, remaining_kb: remainingKb, payment }));
  }
  if (isDisputed) {
    const detail = "Nothing is sold for it until that is settled.";
    return fail(problemResponse("esim_disputed", { detail, ...details }));
  }
  if (isOver(state)) return fail(problemResponse("esim_ended", details));
  const listed = await ports.topUpPackages(iccid);
  if (listed.kind !== "ok") return fail(supplierSilent(details));

  const { catalog, publicUrl } = ports.purchase;
  const marginPercent = catalog.metered?.marginPercent ?? 0;
  /** What an offer delivers for this much. */
  const soldFor = ({ goods }: Offer, price: Usdc): TopUpGoods | undefined => {
    if (goods.kind !== "topup") return undefined;
    const { dataMb } = goods;
    const found = packageFor({ dataMb, price }, listed.packages, marginPercent);
    if (found === undefined) return undefined;
    const { packageCode, unitPrice: wholesale } = found;
    return { kind: "topup", order: purchase.id, position, esimTranNo, iccid, dataMb, packageCode, wholesale };
  };
  const [first, ...others] = offers.filter((offer) => soldFor(offer, offer.price) !== undefined);
  if (first === undefined) {
    const detail = "The supplier has no such top-up for this eSIM at its price.";
    return fail(problemResponse("package_unavailable", { detail, ...details }));
  }
  const url = `${publicUrl}/v1/esim/${iccid}/topup${proofQuery(request.query)}`;
  return ok({
    buyer: buyerOf(opened.value),
    offers: [first, ...others],
    beside: {
      remaining_kb: remainingKb,
      top_up_options: [first, ...others].map((offer) => optionAt(url, offer)),
    },
    goodsFor: ({ authorization: { value }, invoiceId }) => {
      const priced = offers.find(({ price }) => price === value);
      // A quoted price stands where there is no doubt what it was quoted for.
      const quoted = invoiceId !== null && offers.length === 1 ? first : undefined;
      const offer = priced ?? quoted;
      return offer === undefined ? undefined : soldFor(offer, value);
    },
  });
}

/** A request for this option alone, to be sent as it stands. */
function optionAt(url: string, { goods, price }: Offer): object {
  const body = { data_mb: goods.kind === "topup" ? goods.dataMb : null };
  return { ...body, price_usdc: formatUsdc(price), request: { method: "POST", url, body } };
}

/** Whoever shows a wallet proof names the order here. */
function proofQuery(query: string): string {
  const order = queryParameter(query, "order");
  return order === undefined ? "" : `?order=${order}`;
}
