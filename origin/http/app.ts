/** The origin's HTTP application: an API Gateway event in, an answer out. */

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Config } from "../../protocol/config.ts";
import type { GrantedPayment } from "../../protocol/grant.ts";
import type { HmacKey } from "../../protocol/keys.ts";
import { orderId } from "../../protocol/order.ts";
import { loggablePath, matchRoute } from "../../protocol/route.ts";
import type { AccessSecrets } from "../access.ts";
import type { Notices } from "../notifications/notices.ts";
import type { ProofChain } from "../proof/prove.ts";
import { type PurchasePorts, StoreUnavailableError } from "../purchase/ports.ts";
import type { SupplierLifecycle } from "../supplier/lifecycle.ts";
import type { TopUpPackages } from "../supplier/top-up-packages.ts";
import { reportEdge } from "../telemetry/edge-spans.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { UsageBook } from "../usage/book.ts";
import { answerAllotment } from "./allotment-routes.ts";
import { answerFree } from "./free-routes.ts";
import { answerOwned } from "./owned-routes.ts";
import { answerOwnedSale } from "./owned-sales.ts";
import { answerPriced } from "./priced-routes.ts";
import { answerProof } from "./proof-routes.ts";
import { readOriginRequest } from "./request.ts";
import { problemResponse, type Response } from "./response.ts";

export interface OriginPorts {
  readonly config: Config;
  /** Verify the edge's grants. */
  readonly grantKeys: readonly HmacKey[];
  /** Sign the invoices of a challenge that only the origin can decide on. */
  readonly invoiceKeys: readonly HmacKey[];
  readonly accessSecrets: AccessSecrets;
  readonly proofChain: ProofChain;
  readonly purchase: PurchasePorts;
  /** What can be done with eSIMs that were sold. */
  readonly lifecycle: SupplierLifecycle;
  readonly usageBook: UsageBook;
  readonly notices: Notices;
  readonly topUpPackages: TopUpPackages;
  readonly telemetry: Telemetry;
  /** Has somebody else drive an order on, whose buyer was told to come back for it. Never rejects. */
  readonly handOver: (orderId: string) => Promise<void>;
}

export type OriginHandler = (event: APIGatewayProxyEventV2) => Promise<Response>;

export function createApp(ports: OriginPorts): OriginHandler {
  return async (event) => {
    try {
      return await answer(event, ports);
    } catch (error) {
      if (error instanceof StoreUnavailableError) {
        return problemResponse("purchase_unrecorded", {}, {}, { "retry-after": "2" });
      }
      ports.purchase.log({ event: "internal_error", error: error instanceof Error ? error.name : "unknown" });
      return problemResponse("internal_error");
    }
  };
}

async function answer(event: APIGatewayProxyEventV2, ports: OriginPorts): Promise<Response> {
  const now = Math.floor(ports.purchase.now() / 1_000);
  const read = await readOriginRequest(event, ports.grantKeys, now);
  if (!read.ok) {
    ports.purchase.log({ event: "request_refused", code: read.reason, path: loggablePath(event.rawPath) });
    return problemResponse(read.reason);
  }
  const request = read.value;
  const match = matchRoute(ports.config.catalog, request.path);
  if (match.kind === "not_found" || match.method !== request.method) {
    return problemResponse("route_not_found");
  }
  const { route } = match;
  const { payment, proof } = request.grant;
  trace(event, payment, ports.telemetry);
  if (route.kind === "free") {
    const response = await answerFree(route, request, ports);
    const { statusCode: status = 0 } = response;
    // Whoever guesses order ids leaves no line.
    if (route.orderId !== undefined && status < 400) {
      ports.purchase.log({ event: "content_returned", order: route.orderId, transaction: null, status });
    }
    return response;
  }
  if (route.kind === "owned") return answerOwned(route, request, ports);
  if (route.kind === "allotment") return answerAllotment(route, request, ports);
  if (route.kind === "owned_sale") return answerOwnedSale(route, request, ports);
  if (proof !== null) return answerProof(route, request, proof, ports);
  return payment === null ? problemResponse("grant_invalid") : answerPriced(route, request, payment, ports);
}

/** Names the order in the request's span, and tells what the edge did for it. */
function trace({ headers }: APIGatewayProxyEventV2, payment: GrantedPayment | null, telemetry: Telemetry) {
  if (payment === null) return reportEdge(headers, {}, {}, telemetry);
  const { network, authorization, timings } = payment;
  const attributes = {
    "edge402.order": orderId({ network, payer: authorization.from, nonce: authorization.nonce }),
    "edge402.chain": network.chain,
  };
  telemetry.annotate(attributes);
  reportEdge(headers, timings, attributes, telemetry);
}
