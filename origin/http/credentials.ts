/** Who is asking: what opens an order, and which eSIM is whose. */

import { randomBytes } from "node:crypto";
import type { ProblemDetails } from "../../protocol/errors.ts";
import { challengeInfo, SIGN_IN_NONCE_BYTES } from "../../protocol/extensions/sign-in-challenge.ts";
import { walletProofAddress } from "../../protocol/extensions/sign-in-with-x.ts";
import type { Address } from "../../protocol/hex.ts";
import type { EsimLine } from "../../protocol/offer.ts";
import { isOrderId } from "../../protocol/order.ts";
import { queryParameter } from "../../protocol/path.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { type DrawnEsim, esimNamedIn, opens, orderNamedIn } from "../access.ts";
import { drawOf, isAllotment } from "../allotment/allotment.ts";
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
  details: ProblemDetails = {},
): Promise<Result<Purchase, Response>> {
  const { bearer, walletProof } = request;
  if (bearer === null && walletProof === null) return fail(askForCredentials(request, ports, details));
  const isTokenGood = bearer !== null && opens(ports.accessSecrets, "order", id, bearer);
  const wallet = walletProof === null ? undefined : proofOf(walletProof, ports);
  if (!isTokenGood && wallet === undefined) return fail(problemResponse("access_token_invalid", details));

  const found = await ports.purchase.store.get(id);
  if (found === undefined || !(isTokenGood || found.authorization.from === wallet)) {
    return fail(problemResponse(isTokenGood ? "order_not_found" : "access_token_invalid", details));
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
  details: ProblemDetails = {},
): Promise<Result<Purchase, Response>> {
  const { bearer, walletProof, query } = request;
  if (bearer === null && walletProof === null) return fail(askForCredentials(request, ports, details));
  const named = bearer === null ? queryParameter(query, "order") : orderNamedIn(bearer);
  if (named === undefined || !isOrderId(named)) return fail(problemResponse("access_token_invalid", details));
  return openOrder(named, request, ports, details);
}

/** One eSIM that was handed over, and the line of the order that bought it. */
export interface OwnedEsim {
  readonly purchase: Purchase;
  /** Of its line in the order. */
  readonly position: number;
  /** Of an allotment: with the device that has drawn it. */
  readonly line: EsimLine;
  readonly esim: Esim;
  /** `holder`: who has drawn it from an allotment, and may use it. The money is the buyer's. */
  readonly role: "buyer" | "holder";
}

/** Whose wallet bought it, where it is the buyer who asks; null for whoever holds it otherwise. */
export function buyerOf({ purchase, role }: OwnedEsim): Address | null {
  return role === "buyer" ? purchase.authorization.from : null;
}

/**
 * The eSIM with this number of the order that the caller names and may open. The token of a draw names, and opens, one
 * item of it. Of an allotment there is only what is drawn.
 *
 * @param details of the refusal, where more is known of the money than its code says
 * @throws StoreUnavailableError
 */
export async function openEsim(
  iccid: string,
  request: OriginRequest,
  ports: OriginPorts,
  details: ProblemDetails = {},
): Promise<Result<OwnedEsim, Response>> {
  const drawn = request.bearer === null ? undefined : esimNamedIn(request.bearer);
  const opened =
    drawn === undefined
      ? await openNamedOrder(request, ports, details)
      : await openDrawn(drawn, request, ports, details);
  if (!opened.ok) return opened;
  const purchase = opened.value;
  const position = positionOf(iccid, purchase);
  const esim = position === undefined ? null : shownEsim(purchase, position);
  const isOpen = position !== undefined && (drawn === undefined || drawn.item === position);
  const line = isOpen ? await lineAt(purchase, position, ports) : undefined;
  if (position === undefined || line === undefined) return fail(problemResponse("esim_not_found", details));
  if (esim?.iccid !== iccid) return fail(problemResponse("esim_returned", details));
  return ok({ purchase, position, line, esim, role: drawn === undefined ? "buyer" : "holder" });
}

/** The order of a draw, for whoever has its token. */
async function openDrawn(
  { orderId, item }: DrawnEsim,
  { bearer }: OriginRequest,
  { accessSecrets, purchase }: OriginPorts,
  details: ProblemDetails,
): Promise<Result<Purchase, Response>> {
  const isGood = bearer !== null && opens(accessSecrets, { to: "esim", item }, orderId, bearer);
  if (!isGood) return fail(problemResponse("access_token_invalid", details));
  const found = await purchase.store.get(orderId);
  return found === undefined ? fail(problemResponse("order_not_found", details)) : ok(found);
}

/** Of an eSIM that the buyer has, or has given back. */
export function positionOf(iccid: string, purchase: Purchase): number | undefined {
  const position = soldIn(purchase).findIndex((_, line) => shownEsim(purchase, line)?.iccid === iccid);
  return position === -1 ? purchase.returned.find((one) => one.iccid === iccid)?.line : position;
}

/** A line of an order, if what it bought is somebody's: of an allotment only once it is drawn. */
export async function lineAt(
  purchase: Purchase,
  position: number,
  { purchase: { allotments } }: OriginPorts,
): Promise<EsimLine | undefined> {
  const line = soldIn(purchase)[position];
  if (line === undefined || !isAllotment(purchase)) return line;
  const allotment = await allotments.get(purchase.id);
  const draw = allotment === undefined ? undefined : drawOf(purchase, allotment, position);
  return draw === undefined ? undefined : { ...line, deviceId: draw.deviceId };
}

/** The lines, and after them the fallback in the place of the one that there is. */
function soldIn({ goods }: Purchase): readonly EsimLine[] {
  if (goods.kind !== "esims") return [];
  const { lines, fallback } = goods;
  return fallback === undefined ? lines : [...lines, ...lines.map((line) => ({ ...line, ...fallback }))];
}

function proofOf(header: string, { config, purchase }: OriginPorts): Address | undefined {
  const now = Math.floor(purchase.now() / 1_000);
  const wallet = walletProofAddress(header, { publicUrl: config.publicUrl, now });
  return wallet.ok ? wallet.value : undefined;
}

/** Says what a payer's wallet would have to sign, for those who have lost their token. */
function askForCredentials(
  request: OriginRequest,
  { config, purchase }: OriginPorts,
  details: ProblemDetails,
): Response {
  const extensions = challengeInfo({
    resourceUrl: config.publicUrl + request.path,
    networks: config.networks.map(({ chain }) => chain),
    nonce: randomBytes(SIGN_IN_NONCE_BYTES),
    now: Math.floor(purchase.now() / 1_000),
  });
  return problemResponse("access_token_required", details, { extensions }, { "www-authenticate": "Bearer" });
}
