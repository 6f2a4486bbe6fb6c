/** Who is asking: what opens an order, and which eSIM is whose. */

import { randomBytes } from "node:crypto";
import { challengeInfo, SIGN_IN_NONCE_BYTES } from "../../protocol/extensions/sign-in-challenge.ts";
import { walletProofAddress } from "../../protocol/extensions/sign-in-with-x.ts";
import type { Address } from "../../protocol/hex.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import { isOrderId } from "../../protocol/order.ts";
import { queryParameter } from "../../protocol/path.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { opens, orderNamedIn } from "../access.ts";
import { type Esim, type Purchase, shownEsim } from "../purchase/purchase.ts";
import type { OriginPorts } from "./app.ts";

import type { OriginRequest } from "./request.ts";
import { problemResponse, type Response } from "./response.ts";

/**
 * An order opens to its access token, or to a wallet proof by its payer. Whoever has neither learns nothing of which
 * orders there are.
 *
 * @throws StoreUnavailableError
 */
export async function openOrder(
  id: string,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Result<Purchase, Response>> {
  const { bearer, walletProof } = request;
  if (bearer === null && walletProof === null) return fail(askForCredentials(request, ports));
  const isTokenGood = bearer !== null && opens(ports.accessSecrets, "order", id, bearer);
  const wallet = walletProof === null ? undefined : proofOf(walletProof, ports);
  if (!isTokenGood && wallet === undefined) return fail(problemResponse("access_token_invalid"));

  const found = await ports.purchase.store.get(id);
  if (found === undefined || !(isTokenGood || found.authorization.from === wallet)) {
    return fail(problemResponse(isTokenGood ? "order_not_found" : "access_token_invalid"));
  }
  return ok(found);
}

/**
 * The order that the caller names. Its token does; a wallet proof does not, so `?order=` has to.
 *
 * @throws StoreUnavailableError
 */
export async function openNamedOrder(
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Result<Purchase, Response>> {
  const { bearer, walletProof, query } = request;
  if (bearer === null && walletProof === null) return fail(askForCredentials(request, ports));
  const named = bearer === null ? queryParameter(query, "order") : orderNamedIn(bearer);
  if (named === undefined || !isOrderId(named)) return fail(problemResponse("access_token_invalid"));
  return openOrder(named, request, ports);
}

/** One eSIM that was handed over, and the line of the order that bought it. */
export interface OwnedEsim {
  readonly purchase: Purchase;
  /** Of its line in the order. */
  readonly position: number;
  readonly line: EsimLine;
  readonly esim: Esim;
}

/**
 * The eSIM with this number of the order that the caller names and may open.
 *
 * @throws StoreUnavailableError
 */
export async function openEsim(
  iccid: string,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Result<OwnedEsim, Response>> {
  const opened = await openNamedOrder(request, ports);
  if (!opened.ok) return opened;
  const purchase = opened.value;
  const lines = purchase.goods.kind === "esims" ? purchase.goods.lines : [];
  for (const [position, line] of lines.entries()) {
    const esim = shownEsim(purchase, position);
    if (esim?.iccid === iccid) return ok({ purchase, position, line, esim });
  }
  const isReturned = purchase.returned.some((one) => one.iccid === iccid);
  return fail(problemResponse(isReturned ? "esim_returned" : "esim_not_found"));
}

function proofOf(header: string, { config, purchase }: OriginPorts): Address | undefined {
  const now = Math.floor(purchase.now() / 1_000);
  const wallet = walletProofAddress(header, { publicUrl: config.publicUrl, now });
  return wallet.ok ? wallet.value : undefined;
}

/** Says what a payer's wallet would have to sign, for those who have lost their token. */
function askForCredentials(request: OriginRequest, { config, purchase }: OriginPorts): Response {
  const extensions = challengeInfo({
    resourceUrl: config.publicUrl + request.path,
    networks: config.networks.map(({ chain }) => chain),
    nonce: randomBytes(SIGN_IN_NONCE_BYTES),
    now: Math.floor(purchase.now() / 1_000),
  });
  return problemResponse("access_token_required", {}, { extensions }, { "www-authenticate": "Bearer" });
}
