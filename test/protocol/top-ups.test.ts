/** Top-ups: what is paid says what is bought, so no two may cost the same; and who asks for none is offered all. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Config, type ConfigInput, parseConfig } from "../../protocol/config.ts";
import { networks } from "../../protocol/network.ts";
import { offersFor } from "../../protocol/offer.ts";
import { matchRoute } from "../../protocol/route.ts";
import { readTopUp } from "../../protocol/top-up-request.ts";
import { MAX_TOP_UPS } from "../../protocol/top-ups.ts";
import { anyText } from "../builders/arbitrary.ts";
import { buildConfig, configInput } from "../builders/config.ts";
import { TOP_UPS, topUpConfig } from "../builders/top-ups.ts";

const ICCID = "8944500102198304826";
const { catalog } = topUpConfig();

function withTopUps(topUps: ConfigInput["catalog"]["topUps"] & object): () => Config {
  return () => parseConfig(configInput({ catalog: { ...configInput().catalog, topUps } }));
}

function bytes(body: string): Uint8Array {
  return new TextEncoder().encode(body);
}

function offers(path: string, { body = "", query = "" } = {}) {
  const match = matchRoute(catalog, `/v1/esim/${ICCID}/${path}`);
  if (match.kind !== "found" || match.route.kind !== "owned_sale") throw new Error(`${path} is for owners`);
  return offersFor(catalog, [networks.base, networks.polygon], match.route, { query, body: bytes(body) });
}

describe("the catalog's top-ups", () => {
  test("are taken with the least first", () => {
    expect(withTopUps(TOP_UPS)).not.toThrow();
  });

  test.each<[string, ConfigInput["catalog"]["topUps"] & object]>([
    ["none", []],
    ["two at one price", [TOP_UPS[0], { dataMb: 500, price: TOP_UPS[0].price }]],
    ["more data for less", [TOP_UPS[0], { dataMb: 500, price: "0.17" }]],
    ["less data for more", [TOP_UPS[0], { dataMb: 49, price: "1.62" }]],
    ["one twice", [TOP_UPS[0], TOP_UPS[0]]],
    ["one for nothing", [{ dataMb: 50, price: "0" }]],
    [
      "more than a challenge has room for",
      Array.from({ length: MAX_TOP_UPS + 1 }, (_, at) => ({ dataMb: at + 1, price: `${at + 1}` })),
    ],
  ])("are refused with %s", (_, topUps) => {
    expect(withTopUps(topUps)).toThrow("catalog.topUps");
  });

  test("make the routes that sell them; a swap needs none", () => {
    const bare = buildConfig().catalog;
    const find = (shop: Config["catalog"], ask: string) => matchRoute(shop, `/v1/esim/${ICCID}/${ask}`);
    for (const ask of ["topup", "data"]) expect(find(bare, ask)).toEqual({ kind: "not_found" });
    expect(find(catalog, "topup")).toMatchObject({
      method: "POST",
      route: { kind: "owned_sale", iccid: ICCID },
    });
    expect(find(catalog, "data")).toMatchObject({ method: "GET", route: { name: "esim_data" } });
    expect(find(bare, "swap")).toMatchObject({ method: "POST", route: { name: "esim_swap" } });
  });
});

describe("a request for a top-up", () => {
  test.each(["", "{}"])("that asks for none is offered all of them: %j", (body) => {
    expect(offers("topup", { body })).toMatchObject({
      value: [
        { goods: { kind: "topup", dataMb: 50 }, price: 180_000n, network: null, owned: true },
        { goods: { kind: "topup", dataMb: 500 }, price: 1_620_000n, network: null, owned: true },
      ],
    });
  });

  test("that asks for one is offered that one, on the network that it insists on", () => {
    const asked = offers("topup", { body: '{"data_mb":500,"chain":"polygon"}' });
    expect(asked).toMatchObject({ value: [{ goods: { dataMb: 500 }, network: networks.polygon }] });
    expect(asked.ok && asked.value.length).toBe(1);
  });

  test("at the metered gate is offered all of them, on the network of its query", () => {
    const asked = offers("data", { query: "chain=base" });
    expect(asked.ok && asked.value.map(({ network }) => network)).toEqual([networks.base, networks.base]);
  });

  test.each([
    ['{"data_mb":51}', "package_unavailable"],
    ['{"data_mb":0}', "body_invalid"],
    ['{"data_mb":"50"}', "body_invalid"],
    ['{"data_mb":50,"data_mb":500}', "body_malformed"],
    ['{"price":"0.01"}', "body_invalid"],
    ["[]", "body_malformed"],
    ["null", "body_invalid"],
    ["{", "body_malformed"],
    ['{"chain":"solana"}', "chain_unsupported"],
  ])("is refused: %s", (body, code) => {
    expect(offers("topup", { body })).toMatchObject({ ok: false, reason: { code } });
  });

  test("is refused where it is longer than any", () => {
    const body = `{"chain":"${"x".repeat(1_024)}"}`;
    expect(offers("topup", { body })).toMatchObject({ ok: false, reason: { code: "body_too_large" } });
  });

  test("never throws, and offers nothing but what the catalog has", () => {
    const anyBody = fc.oneof(
      anyText,
      fc.json(),
      fc
        .record({ data_mb: fc.constantFrom<unknown>(50, 500, 49, "50", null, -1), chain: anyText })
        .map((fields) => JSON.stringify(fields)),
    );
    fc.assert(
      fc.property(anyBody, (body) => {
        const read = readTopUp(catalog, bytes(body));
        const sold: readonly unknown[] = catalog.topUps ?? [];
        if (read.ok) for (const topUp of read.value.topUps) expect(sold).toContain(topUp);
        else expect(read.reason.code).toMatch(/^(body_|package_unavailable)/);
      }),
    );
  });
});

describe("a request for a swap", () => {
  test("is offered what an activation is, to the owner alone", () => {
    expect(offers("swap", { body: '{"plan":"eu-1gb","device_id":"phone-2"}' })).toMatchObject({
      value: [{ goods: { kind: "esims", lines: [{ plan: "eu-1gb" }] }, price: 4_200_000n, owned: true }],
    });
    expect(offers("swap", { body: '{"plan":"nothing"}' })).toMatchObject({
      reason: { code: "plan_unknown" },
    });
  });
});
