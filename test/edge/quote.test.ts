/** Quotes: a dry run is told the price and charged nothing, whatever else it brings. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDryRun } from "../../edge/dry-run.ts";
import type { GateRequest } from "../../edge/http.ts";
import type { ConfigInput } from "../../protocol/config.ts";
import { CORS_HEADERS, HEADER } from "../../protocol/headers.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { canonicalQuery } from "../../protocol/path.ts";
import { acceptedInput, MERCHANT } from "../builders/config.ts";
import { meteredConfig } from "../builders/metered.ts";
import { activation, harness, pay, responded, TRANSACTION, withHeaders } from "./gate-harness.ts";

const SHOP: Partial<ConfigInput> = {
  catalog: meteredConfig().catalog,
  networks: [acceptedInput("base"), acceptedInput("polygon")],
};

const BATCH = "/v1/esim/activate/batch";

function asking(path: string, body: object | null, query = "dry_run"): GateRequest {
  const method = body === null ? "GET" : "POST";
  return { ...activation, method, path, query, body: Buffer.from(body === null ? "" : JSON.stringify(body)) };
}

async function quoted(request: GateRequest, shop = harness({}, SHOP)) {
  const answer = responded(await shop.send(request));
  expect(shop.calls).toEqual([]);
  return { ...answer, json: answer.body === "" ? null : JSON.parse(answer.body) };
}

describe("a quote", () => {
  test("names the price, where it may be paid, what comes for it and how fast; it is no challenge", async () => {
    const { status, headers, json } = await quoted(asking("/v1/esim/activate", { plan: "eu-1gb" }));
    expect(status).toBe(200);
    expect(json).toEqual({
      dry_run: true,
      payment: "none",
      currency: "USDC",
      amount: "4.20",
      amount_usdc: "4.20",
      networks: [
        {
          chain: "base",
          network: "eip155:8453",
          asset: expect.stringMatching(/^0x/),
          pay_to: checksumAddress(MERCHANT),
        },
        expect.objectContaining({ chain: "polygon" }),
      ],
      description: "eSIM eu-1gb: Europe 1 GB",
      expected_seconds: 10,
      delivers: {
        items: [
          {
            item: 0,
            plan: "eu-1gb",
            device_id: null,
            amount_usdc: "4.20",
            data_mb: 1_024,
            days: 7,
            countries: 2,
          },
        ],
      },
    });
    expect(headers).toMatchObject({ ...CORS_HEADERS, "cache-control": "no-store, private" });
    expect(headers).not.toHaveProperty(HEADER.paymentRequired);
    expect(JSON.stringify(json)).not.toMatch(/inv_|invoice|wholesale|packageCode/);
  });

  test("of metered data says what is bought for it, which may be more than was asked for", async () => {
    const { json } = await quoted(
      asking("/v1/esim/activate", { region: "us-west", data_mb: 500, carrier: "verizon", chain: "polygon" }),
    );
    expect(json).toMatchObject({
      amount_usdc: "1.82",
      networks: [{ chain: "polygon" }],
      delivers: {
        items: [
          { plan: "us-west:500mb:verizon", region: "us-west", carrier: "verizon", data_mb: 1_024, days: 7 },
        ],
      },
    });
    expect(json.networks).toHaveLength(1);
  });

  test("of a batch has each item's price, and of 50 it fits into what the edge may answer", async () => {
    const items = Array.from({ length: 50 }, (_, index) => ({
      region: "us-west",
      data_mb: 1 + index,
      device_id: "x".repeat(128),
    }));
    const { json, body, headers } = await quoted(asking(BATCH, { items }));
    expect(json).toMatchObject({ amount_usdc: "21.00" });
    expect(json.delivers.items).toHaveLength(50);
    expect(json.delivers.items[49]).toMatchObject({ item: 49, amount_usdc: "0.42" });
    // CloudFront takes 40 KB from a viewer-request function, headers included.
    expect(body.length + JSON.stringify(headers).length).toBeLessThan(40 * 1_024 - 8_192);
  });

  test("of a resource names it; HEAD gets the same without a body", async () => {
    const { json, headers } = await quoted(asking("/report", null));
    expect(json).toMatchObject({
      amount_usdc: "0.003",
      expected_seconds: 2,
      delivers: { resource: "/report", mime_type: "application/json" },
    });
    expect(await quoted({ ...asking("/report", null), method: "HEAD" })).toMatchObject({
      status: 200,
      headers,
      body: "",
    });
  });

  test.each<[string, object, string]>([
    ["an unknown plan", { plan: "mars" }, "plan_unknown"],
    ["a region nobody sells", { region: "mars", data_mb: 1 }, "region_unknown"],
    ["a broken body", {}, "body_invalid"],
  ])("of %s is refused as the purchase would be", async (_, body, code) => {
    const { status, json } = await quoted(asking("/v1/esim/activate", body));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(json).toMatchObject({ code, payment_state: "unused" });
  });

  test("is logged, and counts as no challenge", async () => {
    const shop = harness({}, SHOP);
    await quoted(asking("/report", null), shop);
    expect(shop.logged).toEqual([{ event: "quote_given", path: "/report", amount: "3000" }]);
  });
});

describe("a payment that comes with a dry run", () => {
  test.each([
    "dry_run",
    "dry_run=1",
    "dry_run=false",
    "dry%5Frun",
    "x=1&dry_run=&dry_run=no",
  ])("is ignored, and that is said, by ?%s", async (query) => {
    const shop = harness();
    const { request } = await pay(shop, 2);
    const answer = responded(await shop.send({ ...request, query }));
    expect(JSON.parse(answer.body)).toMatchObject({ dry_run: true, payment: "ignored" });
    expect(answer.status).toBe(200);
    expect(shop.calls).toEqual([]);
  });

  test("is ignored by the header too, and is good for the request without it", async () => {
    const shop = harness();
    const { request } = await pay(shop, 2);
    const dry = { ...request, headers: new Map([...request.headers, ["prefer", ["dry-run"]]]) };
    const answer = responded(await shop.send(dry));
    expect(JSON.parse(answer.body)).toMatchObject({ payment: "ignored" });
    expect(answer.headers).toMatchObject({ "preference-applied": "dry-run" });
    expect(shop.calls).toEqual([]);
    expect(await shop.send(request)).toMatchObject({ kind: "forward" });
    expect(shop.calls.map(({ endpoint }) => endpoint)).toEqual(["verify", "settle"]);
  });

  test.each([
    HEADER.xPayment,
    HEADER.paymentReceipt,
    HEADER.paymentProof,
  ])("is not read at all, in %s or however malformed", async (name) => {
    const shop = harness();
    const request = { ...withHeaders({ [name]: TRANSACTION }), query: "dry_run" };
    expect(JSON.parse(responded(await shop.send(request)).body)).toMatchObject({ payment: "ignored" });
    expect(shop.calls).toEqual([]);
  });
});

describe("a dry run is asked for", () => {
  const prefers = (...values: string[]) => isDryRun("", new Map([["prefer", values]]));

  test.each([
    ["dry-run"],
    ["Dry-Run"],
    ["respond-async, dry-run"],
    ["respond-async,dry-run;foo=1"],
    ["dry-run=yes"],
    ['a="x, y", dry-run'],
    ['a="\\"", dry-run'],
    ["respond-async", "dry-run"],
  ])("by Prefer: %s", (...values) => {
    expect(prefers(...values)).toBe(true);
  });

  test.each([
    ["respond-async"],
    ["dry-runs"],
    ["not-dry-run"],
    ['a="b, dry-run"'],
    ["a=dry-run"],
    ["a; dry-run"],
    [""],
  ])("not by Prefer: %s", (value) => {
    expect(prefers(value)).toBe(false);
  });

  test("not by a parameter whose name is merely alike", () => {
    const headers = new Map();
    for (const query of ["", "x=dry_run", "dry_runs=1", "a_dry_run=1", "Dry_Run=1", "x=1&y=dry_run"]) {
      const canonical = canonicalQuery(query);
      expect(canonical.ok && isDryRun(canonical.value, headers), query).toBe(false);
    }
  });

  test("by the parameter, whatever stands around it", () => {
    const pair = fc.tuple(fc.stringMatching(/^[a-z_]{1,8}$/), fc.stringMatching(/^[ -~]{0,8}$/));
    fc.assert(
      fc.property(
        fc.array(pair),
        fc.array(pair),
        fc.stringMatching(/^[ -~]{0,8}$/),
        (before, after, value) => {
          const query = [...before, ["dry_run", value] as const, ...after]
            .map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
            .join("&");
          const canonical = canonicalQuery(query);
          expect(canonical.ok && isDryRun(canonical.value, new Map())).toBe(true);
        },
      ),
    );
  });
});
