/** On which terms an owner may have another eSIM in place of one. */

import { fail, ok, type Result } from "../../protocol/result.ts";
import type { OriginPorts } from "./app.ts";
import { buyerOf, openEsim } from "./credentials.ts";
import { isOver } from "./data-left.ts";
import { esimState, supplierSilent } from "./esim-status.ts";
import type { OwnedAsk, OwnedTerms } from "./owned-sales.ts";
import { problemResponse, type Response } from "./response.ts";

/** @throws StoreUnavailableError */
export async function swapTerms(
  { route, request, offers, details }: OwnedAsk,
  ports: OriginPorts,
): Promise<Result<OwnedTerms, Response>> {
  const opened = await openEsim(route.iccid, request, ports, details);
  if (!opened.ok) return opened;
  const { purchase, position, esim } = opened.value;
  const { esimTranNo } = esim;
  const found = await ports.lifecycle.profileOf({ esimTranNo });
  if (found.kind !== "found") return fail(supplierSilent(details));
  if (isOver(esimState(found.profile))) return fail(problemResponse("esim_ended", details));
  const [{ goods, price }] = offers;
  return ok({
    buyer: buyerOf(opened.value),
    offers,
    beside: {},
    goodsFor: ({ authorization, invoiceId }) => {
      // A quoted price stands.
      if (goods.kind !== "esims" || (authorization.value !== price && invoiceId === null)) return undefined;
      return { ...goods, replaces: { order: purchase.id, position, esimTranNo } };
    },
  });
}
