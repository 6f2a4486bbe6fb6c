/**
 * `@x402/core` as two CloudFront functions, as the x402 foundation's Lambda@Edge example does it: verified at
 * origin-request, settled at origin-response if the origin answered below 400. On AWS each is a function of its own with
 * a cold start of its own; here one bundle is both, which favours it.
 */

import { type HTTPAdapter, x402HTTPResourceServer } from "@x402/core/server";
import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import type {
  CloudFrontHeaders,
  CloudFrontRequest,
  CloudFrontRequestEvent,
  CloudFrontRequestResult,
  CloudFrontResponseEvent,
  CloudFrontResponseResult,
} from "aws-lambda";
import { ROUTES } from "../terms.ts";
import { resourceServer } from "./resource-server.ts";

const PENDING = "x-x402-pending-settlement";

interface Pending {
  readonly payload: PaymentPayload;
  readonly requirements: PaymentRequirements;
}

let starting: Promise<x402HTTPResourceServer> | undefined;

async function start(): Promise<x402HTTPResourceServer> {
  const server = new x402HTTPResourceServer(resourceServer(), ROUTES);
  await server.initialize();
  return server;
}

function server(): Promise<x402HTTPResourceServer> {
  starting ??= start();
  return starting;
}

export async function originRequest({
  Records: [record],
}: CloudFrontRequestEvent): Promise<CloudFrontRequestResult> {
  if (record === undefined) return null;
  const { request, config } = record.cf;
  delete request.headers[PENDING];
  const adapter = adapterOf(request, config.distributionDomainName);
  const paymentHeader = adapter.getHeader("payment-signature");
  const result = await (await server()).processHTTPRequest({
    adapter,
    path: request.uri,
    method: request.method,
    ...(paymentHeader === undefined ? {} : { paymentHeader }),
  });
  switch (result.type) {
    case "no-payment-required":
      return request;
    case "payment-error": {
      const { status, headers, body } = result.response;
      return {
        status: String(status),
        headers: cloudFrontHeaders(headers),
        body: JSON.stringify(body ?? {}),
      };
    }
    case "payment-verified": {
      const pending: Pending = { payload: result.paymentPayload, requirements: result.paymentRequirements };
      const value = Buffer.from(JSON.stringify(pending)).toString("base64");
      request.headers[PENDING] = [{ key: PENDING, value }];
      return request;
    }
  }
}

export async function originResponse({
  Records: [record],
}: CloudFrontResponseEvent): Promise<CloudFrontResponseResult> {
  if (record === undefined) return null;
  const { request, response } = record.cf;
  const [pending] = request.headers[PENDING] ?? [];
  if (pending === undefined || Number(response.status) >= 400) return response;
  const { payload, requirements }: Pending = JSON.parse(Buffer.from(pending.value, "base64").toString());
  const settled = await (await server()).processSettlement(payload, requirements);
  if (!settled.success) {
    return { status: "402", statusDescription: "", headers: cloudFrontHeaders(settled.headers) };
  }
  Object.assign(response.headers, cloudFrontHeaders(settled.headers));
  return response;
}

function adapterOf({ headers, method, uri, querystring }: CloudFrontRequest, domain: string): HTTPAdapter {
  const header = (name: string) => headers[name.toLowerCase()]?.[0]?.value;
  return {
    getHeader: header,
    getMethod: () => method,
    getPath: () => uri,
    getUrl: () => `https://${header("host") ?? domain}${uri}${querystring === "" ? "" : `?${querystring}`}`,
    getAcceptHeader: () => header("accept") ?? "",
    getUserAgent: () => header("user-agent") ?? "",
  };
}

function cloudFrontHeaders(headers: Readonly<Record<string, string>>): CloudFrontHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([key, value]) => [key.toLowerCase(), [{ key, value: String(value) }]]),
  );
}
