/** Reading a request: what an instance remembers of earlier ones changes nothing about the next. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { GateRequest } from "../../edge/http.ts";
import { readRequest } from "../../edge/request.ts";
import { HEADER } from "../../protocol/headers.ts";
import { buildConfig } from "../builders/config.ts";

const SUPPLIER = "192.0.2.7";
const config = () => buildConfig({ supplierAddresses: [SUPPLIER] });

const anyRequest: fc.Arbitrary<GateRequest> = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "OPTIONS", "DELETE"),
  path: fc.constantFrom(
    ...["/report", "/%72eport", "/report/", "/v1/plans", "/v1/esim/activate", "/nowhere", "/a;b"],
    ...["/report?a", "/report?"],
    ...[`/webhooks/esim-access/${"a".repeat(43)}`, `/v1/orders/ord_${"0".repeat(40)}`],
  ),
  query: fc.constantFrom("", "?", "a?", "chain=base", "chain=mars", "b=2&a=1", "a=1&b=2", "dry_run", "%"),
  headers: fc
    .record(
      {
        [HEADER.agentId]: fc.constantFrom(["agent"], ["a", "b"], ["ü"]),
        [HEADER.fallbackRegion]: fc.constantFrom(["EU"], ["US"], ["EU", "US"]),
        [HEADER.prefer]: fc.constantFrom(["dry-run"], ["wait=1"]),
      },
      { requiredKeys: [] },
    )
    .map((headers) => new Map(Object.entries(headers))),
  clientIp: fc.constantFrom(SUPPLIER, "192.0.2.8"),
  body: fc.constantFrom(
    null,
    new Uint8Array(),
    ...['{"plan":"eu-1gb"}', '{"plan":"mars"}', "{"].map((text) => Buffer.from(text)),
  ),
});

test("is the same whatever was read before", () => {
  fc.assert(
    fc.property(fc.array(anyRequest, { minLength: 2, maxLength: 30 }), (requests) => {
      const shared = config();
      for (const request of requests) {
        expect(readRequest(request, shared)).toEqual(readRequest(request, config()));
      }
    }),
    { numRuns: 300 },
  );
});

test("is refused for a question mark in its path, whatever was read before", () => {
  const shared = config();
  const asked = (path: string, query: string): GateRequest => ({
    method: "GET",
    path,
    query,
    headers: new Map(),
    clientIp: "192.0.2.8",
    body: new Uint8Array(),
  });
  expect(readRequest(asked("/report", "a?"), shared).ok).toBe(true);
  expect(readRequest(asked("/report?a", ""), shared)).toEqual({
    ok: false,
    reason: { code: "path_malformed" },
  });
});

test("is the same for the 101st that leads somewhere else, and for the first once more", () => {
  const shared = config();
  const asked = Array.from(
    { length: 250 },
    (_, index): GateRequest => ({
      method: "GET",
      path: "/report",
      query: `n=${index}`,
      headers: new Map(),
      clientIp: "192.0.2.8",
      body: new Uint8Array(),
    }),
  );
  for (const request of [...asked, ...asked]) {
    expect(readRequest(request, shared)).toEqual(readRequest(request, config()));
  }
});
