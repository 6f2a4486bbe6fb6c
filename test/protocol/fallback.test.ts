/** `X-Fallback-Region`: what it sells, for how much, and that a payment for one region is none for another. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../protocol/config.ts";
import { fallbackRegionOf, significantHeaders } from "../../protocol/fallback-region.ts";
import { fingerprint } from "../../protocol/fingerprint.ts";
import { networks } from "../../protocol/network.ts";
import { offerFor } from "../../protocol/offer.ts";
import { anyText } from "../builders/arbitrary.ts";
import { meteredConfig } from "../builders/metered.ts";

const { catalog } = parseConfig(meteredConfig());
const route = { kind: "priced", name: "esim_activate" } as const;

function ask(body: object, fallbackRegion?: string, name: "esim_activate" | "esim_batch" = route.name) {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return offerFor(catalog, [networks.base], { ...route, name }, { query: "", body: bytes, fallbackRegion });
}

function priceOf(body: object, fallbackRegion?: string): bigint | undefined {
  const offer = ask(body, fallbackRegion);
  return offer.ok ? offer.value.price : undefined;
}

describe("an activation with a fallback region", () => {
  test("sells the plan, and where that is late as much metered data there", () => {
    expect(ask({ plan: "eu-1gb", device_id: "d" }, "us-west")).toMatchObject({
      value: {
        price: 4_200_000n,
        description: "eSIM eu-1gb: Europe 1 GB; fallback in us-west",
        goods: {
          lines: [{ plan: "eu-1gb", packageCode: "EU_1_7", price: 4_200_000n, deviceId: "d" }],
          fallback: { plan: "us-west:1024mb", packageCode: "US_1", wholesale: 9_000n },
        },
      },
    });
  });

  test("costs what the dearer of the two does", () => {
    const small = { region: "us-west", data_mb: 100 };
    expect(priceOf(small)).toBe(420_000n);
    // A gigabyte is the least that is bought for Europe.
    expect(priceOf(small, "eu-central")).toBe(682_000n);
    expect(priceOf({ region: "eu-central", data_mb: 100 }, "us-west")).toBe(682_000n);
  });

  test.each([
    ["an unknown region", "mars", "region_unknown"],
    ["none", "", "region_unknown"],
    ["two regions", "us-west,eu-central", "region_unknown"],
    ["what every object has", "constructor", "region_unknown"],
  ])("that names %s is refused without a price", (_, region, code) => {
    const detail = expect.stringMatching(/^X-Fallback-Region: /);
    expect(ask({ plan: "eu-1gb" }, region)).toEqual({ ok: false, reason: { code, detail } });
  });

  test("is refused where nothing there holds as much data", () => {
    const asked = ask({ region: "us-west", data_mb: 3_000 }, "eu-central");
    expect(asked).toMatchObject({ reason: { code: "package_unavailable" } });
  });

  test("is never cheaper than either, whatever is asked for", () => {
    const regions = ["us-west", "eu-central"] as const;
    fc.assert(
      fc.property(fc.constantFrom(...regions), fc.integer({ min: 1, max: 1_024 }), (region, data_mb) => {
        for (const other of regions) {
          const [own = 0n, there = 0n] = [priceOf({ region, data_mb }), priceOf({ region: other, data_mb })];
          expect(priceOf({ region, data_mb }, other)).toBe(own > there ? own : there);
        }
      }),
    );
  });

  test("that is hostile is refused, and quotes nothing of it", () => {
    fc.assert(
      fc.property(anyText, (region) => {
        fc.pre(region !== "us-west" && region !== "eu-central");
        const asked = ask({ plan: "eu-1gb" }, region);
        expect(asked).toMatchObject({ reason: { code: "region_unknown" } });
        expect(JSON.stringify(asked)).toBe(JSON.stringify(ask({ plan: "eu-1gb" }, "mars")));
      }),
    );
  });
});

test("the header says nothing to a batch", () => {
  expect(ask({ items: [{ plan: "eu-1gb" }] }, "mars", "esim_batch")).toMatchObject({ ok: true });
  expect(fallbackRegionOf("/v1/esim/activate/batch", "mars")).toBeUndefined();
  expect(fallbackRegionOf("/report", "mars")).toBeUndefined();
});

test("each header has a fingerprint of its own, and none the one that it always had", () => {
  const of = (header?: string) => {
    const region = fallbackRegionOf("/v1/esim/activate", header);
    const body = new TextEncoder().encode('{"plan":"eu-1gb"}');
    const headers = significantHeaders(region);
    return fingerprint({ method: "POST", path: "/v1/esim/activate", query: "", body, headers });
  };
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      expect(of(one) === of(other)).toBe(one === other);
      expect(of(one)).not.toBe(of());
    }),
  );
  expect(significantHeaders(undefined)).toEqual([]);
});
