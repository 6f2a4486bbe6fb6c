/** The origin's app over the in-memory ports, and requests to it that carry a grant as the edge signs them. */

import * as v from "valibot";
import { expect } from "vitest";
import { createApp, type OriginHandler, type OriginPorts } from "../../../origin/http/app.ts";
import type { Response } from "../../../origin/http/response.ts";
import type { PurchasePorts } from "../../../origin/purchase/ports.ts";
import { createTelemetry } from "../../../origin/telemetry/telemetry.ts";
import type { Config } from "../../../protocol/config.ts";
import { type ErrorCode, problem } from "../../../protocol/errors.ts";
import { fingerprint } from "../../../protocol/fingerprint.ts";
import { type GrantedPayment, signGrant } from "../../../protocol/grant.ts";
import { HEADER } from "../../../protocol/headers.ts";
import type { HmacKey } from "../../../protocol/keys.ts";
import { canonicalPath, canonicalQuery } from "../../../protocol/path.ts";
import { toEvent } from "../../../scripts/local/api-gateway/event.ts";
import { buildConfig } from "../../builders/config.ts";
import { hmacKey } from "../../builders/keys.ts";
import { type OriginWorld, originWorld } from "../../builders/origin-ports.ts";

export const GRANT_KEY = hmacKey(1);
export const INVOICE_KEY = hmacKey(2);
export const ACCESS_SECRET = new Uint8Array(32).fill(7);

export interface Shop {
  readonly world: OriginWorld;
  readonly handler: OriginHandler;
  /** Every port that was reached for, such as `store.claim`. */
  readonly calls: string[];
  /** Orders that were left to somebody else. */
  readonly handedOver: readonly string[];
}

/** @param change replaces ports; those stay unrecorded */
export function openShop(
  change: (world: OriginWorld) => Partial<PurchasePorts> = () => ({}),
  config: Config = buildConfig(),
): Shop {
  const world = originWorld(config);
  const calls: string[] = [];
  const handedOver: string[] = [];
  const recorded = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get(target, key) {
        calls.push(`${name}.${String(key)}`);
        return Reflect.get(target, key);
      },
    });
  const { store, chain, facilitator, supplier } = world.ports;
  const ports: OriginPorts = {
    config,
    grantKeys: [GRANT_KEY],
    invoiceKeys: [INVOICE_KEY],
    accessSecrets: [ACCESS_SECRET],
    handOver: async (order) => void handedOver.push(order),
    notices: memoryNotices(),
    telemetry: createTelemetry({ service: "test" }),
    proofChain: { transaction: async () => ({ kind: "unreachable" }) },
    lifecycle: world.supplier,
    usageBook: world.usage.book,
    topUpPackages: async () => ({ kind: "ok", packages: world.supplier.shelf }),
    purchase: {
      ...world.ports,
      store: recorded("store", store),
      chain: recorded("chain", chain),
      facilitator: recorded("facilitator", facilitator),
      supplier: recorded("supplier", supplier),
      ...change(world),
    },
  };
  return { world, handler: createApp(ports), calls, handedOver };
}

export function memoryNotices(): OriginPorts["notices"] {
  const seen = new Set<string>();
  return {
    async isNew(id) {
      const isNew = !seen.has(id);
      seen.add(id);
      return isNew;
    },
  };
}

export interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const ACTIVATE: Sent = {
  method: "POST",
  target: "/v1/esim/activate",
  body: '{"plan":"eu-1gb","device_id":"phone-1"}',
  headers: { "content-type": "application/json" },
};

export function get(target: string, headers: Sent["headers"] = {}): Sent {
  return { method: "GET", target, body: "", headers };
}

export function send({ handler }: Shop, { method, target, body, headers }: Sent): Promise<Response> {
  const event = toEvent({
    method,
    target,
    httpVersion: "1.1",
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: Buffer.from(body),
    sourceIp: "192.0.2.1",
    receivedAt: new Date(0),
  });
  return handler(event);
}

export function fingerprintOf({ method, target, body }: Sent) {
  const [rawPath = "", rawQuery = ""] = target.split("?");
  const [path, query] = [canonicalPath(rawPath), canonicalQuery(rawQuery)];
  if (!path.ok || !query.ok) throw new Error("a canonical target is needed to sign a grant");
  return fingerprint({
    method,
    path: path.value,
    query: query.value,
    body: Buffer.from(body),
    headers: [],
  });
}

/** @param now Unix seconds at which the edge signs */
export async function grantFor(
  shop: Shop,
  sent: Sent,
  payment: GrantedPayment | null,
  { key = GRANT_KEY, now = Math.floor(shop.world.clock.now() / 1_000), id = "grant-0001" } = {},
): Promise<string> {
  return signGrant(
    { id, fingerprint: fingerprintOf(sent), payment, proof: null },
    [key satisfies HmacKey],
    now,
  );
}

export function withGrant(sent: Sent, grant: string): Sent {
  return { ...sent, headers: { ...sent.headers, [HEADER.grant]: grant } };
}

/** Sends a request as the edge forwards it. */
export async function forward(
  shop: Shop,
  sent: Sent,
  payment: GrantedPayment | null = null,
  options: { readonly id?: string } = {},
): Promise<Response> {
  return send(shop, withGrant(sent, await grantFor(shop, sent, payment, options)));
}

const jsonObject = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown()));

export function bodyOf(response: Response): Record<string, unknown> {
  return v.parse(jsonObject, response.body);
}

export function headerOf(response: Response, name: string): string {
  return v.parse(v.string(), response.headers?.[name]);
}

/** What every answer in problem details must have, whatever was wrong. */
export function expectProblem(response: Response, code: ErrorCode, more: object = {}): void {
  const { status } = problem(code);
  expect(response.statusCode).toBe(status);
  expect(headerOf(response, "content-type")).toBe("application/problem+json");
  expect(headerOf(response, "cache-control")).toContain("no-store");
  expect(bodyOf(response)).toMatchObject({ ...problem(code), ...more });
  expect(bodyOf(response)["retry_action"]).toEqual(expect.any(String));
}
