/** Metered data and batches as they are asked for: what could never be delivered is refused before money is asked for. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_BATCH_BODY } from "../../protocol/activation.ts";
import { parseConfig } from "../../protocol/config.ts";
import { networks } from "../../protocol/network.ts";
import { offerFor } from "../../protocol/offer.ts";
import { anyText } from "../builders/arbitrary.ts";
import { meteredConfig } from "../builders/metered.ts";

const { catalog } = parseConfig(meteredConfig());
const accepted = [networks.base, networks.polygon];

const single = { kind: "priced", name: "esim_activate" } as const;
const batch = { kind: "priced", name: "esim_batch" } as const;
const allotment = { kind: "priced", name: "esim_allotment" } as const;

function offer(body: string, route: typeof single | typeof batch | typeof allotment = single) {
  return offerFor(catalog, accepted, route, { query: "", body: new TextEncoder().encode(body) });
}

function codeOf(result: ReturnType<typeof offerFor>): string {
  return result.ok ? "ok" : result.reason.code;
}

describe("metered data", () => {
  test("is offered at its price, in the package that holds it", () => {
    expect(offer('{"region":"us-west","data_mb":500,"carrier":"verizon","device_id":"d"}')).toMatchObject({
      value: {
        goods: {
          lines: [
            {
              plan: "us-west:500mb:verizon",
              packageCode: "US_1",
              wholesale: 9_000n,
              price: 1_820_000n,
              deviceId: "d",
            },
          ],
        },
        price: 1_820_000n,
        description: "eSIM us-west:500mb:verizon: 500 MB in us-west on verizon",
      },
    });
    expect(offer('{"region":"us-west","data_mb":100}')).toMatchObject({ value: { price: 420_000n } });
  });
});

test("an eSIM may be for one chip, which is remembered as it was named", () => {
  const eid = "89000000000000000000000000000002";
  for (const [body, route] of [
    [`{"plan":"eu-1gb","eid":"${eid}"}`, single],
    [`{"items":[{"region":"us-west","data_mb":100,"eid":"${eid}"}]}`, batch],
  ] as const) {
    expect(offer(body, route)).toMatchObject({ value: { goods: { lines: [{ eid }] } } });
  }
});

describe("metered data is not offered", () => {
  test.each<[string, string, string]>([
    ["a plan and a region", '{"plan":"eu-1gb","region":"us-west","data_mb":100}', "body_invalid"],
    ["a plan and data", '{"plan":"eu-1gb","data_mb":100}', "body_invalid"],
    ["a plan and a carrier", '{"plan":"eu-1gb","carrier":"verizon"}', "body_invalid"],
    ["a region without data", '{"region":"us-west"}', "body_invalid"],
    ["data without a region", '{"data_mb":100}', "body_invalid"],
    ["a carrier alone", '{"carrier":"verizon"}', "body_invalid"],
    ["no data", '{"region":"us-west","data_mb":0}', "body_invalid"],
    ["less than no data", '{"region":"us-west","data_mb":-1}', "body_invalid"],
    ["an EID with a wrong digit", `{"plan":"eu-1gb","eid":"${"8".repeat(32)}"}`, "body_invalid"],
    ["an EID as a number", '{"plan":"eu-1gb","eid":89000000000000000000000000000002}', "body_invalid"],
    ["half a megabyte", '{"region":"us-west","data_mb":0.5}', "body_invalid"],
    ["data beyond all reason", '{"region":"us-west","data_mb":1e308}', "body_invalid"],
    ["data in a string", '{"region":"us-west","data_mb":"100"}', "body_invalid"],
    ["a null carrier", '{"region":"us-west","data_mb":100,"carrier":null}', "body_invalid"],
    ["a region too long", `{"region":"${"x".repeat(33)}","data_mb":100}`, "body_invalid"],
    ["a region unheard of", '{"region":"mars","data_mb":100}', "region_unknown"],
    ["the region __proto__", '{"region":"__proto__","data_mb":100}', "region_unknown"],
    ["a carrier unheard of", '{"region":"us-west","data_mb":100,"carrier":"o2"}', "carrier_unknown"],
    ["a carrier not there", '{"region":"eu-central","data_mb":9,"carrier":"verizon"}', "package_unavailable"],
    ["more data than is sold", '{"region":"us-west","data_mb":3073}', "package_unavailable"],
    ["metered data by its name as a plan", '{"plan":"us-west:100mb"}', "plan_unknown"],
  ])("for %s: %3$s", (_, body, code) => {
    expect(codeOf(offer(body))).toBe(code);
  });
});

describe("a batch", () => {
  const sold = (items: readonly object[], more: object = {}) =>
    offer(JSON.stringify({ items, ...more }), batch);
  const many = (length: number) => Array.from({ length }, () => ({ plan: "eu-1gb" }));

  test("is one offer of all its items, in their order, at the sum of their prices", () => {
    const items = [
      { plan: "eu-1gb", device_id: "a" },
      { region: "us-west", data_mb: 100 },
      { plan: "eu-1gb", device_id: "b" },
    ];
    expect(sold(items, { chain: "polygon" })).toMatchObject({
      ok: true,
      value: {
        goods: {
          kind: "esims",
          lines: [
            { plan: "eu-1gb", price: 4_200_000n, deviceId: "a" },
            { plan: "us-west:100mb", price: 420_000n, deviceId: null },
            { plan: "eu-1gb", price: 4_200_000n, deviceId: "b" },
          ],
        },
        price: 8_820_000n,
        description: "3 eSIMs: 2 eu-1gb, 1 us-west:100mb",
        network: networks.polygon,
      },
    });
  });

  test.each<[string, unknown, string]>([
    ["of one item", { items: many(1) }, "ok"],
    ["of 50 items", { items: many(50) }, "ok"],
    ["of 51 items", { items: many(51) }, "body_invalid"],
    ["of no items", { items: [] }, "body_invalid"],
    ["without items", {}, "body_invalid"],
    ["of items that are an object", { items: { 0: { plan: "eu-1gb" } } }, "body_invalid"],
    ["of a plan's name", { items: ["eu-1gb"] }, "body_invalid"],
    ["that is a list", many(2), "body_invalid"],
    ["that is a single activation", { plan: "eu-1gb" }, "body_invalid"],
    ["with a price of its own", { items: many(2), price: "0.01" }, "body_invalid"],
    ["with an item's own chain", { items: [{ plan: "eu-1gb", chain: "base" }] }, "body_invalid"],
    ["with an item that is none", { items: [...many(2), {}] }, "body_invalid"],
    ["with an unheard-of plan", { items: [...many(2), { plan: "mars" }] }, "plan_unknown"],
    ["with an unheard-of region", { items: [{ region: "mars", data_mb: 1 }] }, "region_unknown"],
    ["on an unheard-of chain", { items: many(2), chain: "solana" }, "chain_unsupported"],
  ])("%s is %3$s", (_, body, code) => {
    expect(codeOf(offer(JSON.stringify(body), batch))).toBe(code);
  });

  test("names the item that can't be had", () => {
    const refused = sold([...many(3), { plan: "mars" }]);
    expect(refused.ok || refused.reason.detail).toBe("items.3: GET /v1/plans lists the plans.");
    const malformed = sold([...many(3), { plan: "eu-1gb", device_id: "" }]);
    expect(malformed.ok || malformed.reason.detail).toContain("items.3.device_id:");
  });

  test("of 50 items of the longest names fits, indented too, and its description stays short", () => {
    const items = Array.from({ length: 50 }, (_, index) => ({
      region: "eu-central",
      data_mb: 1_000 - index,
      device_id: "x".repeat(128),
    }));
    const body = JSON.stringify({ items, chain: "polygon" }, null, 4);
    const found = offer(body, batch);
    if (!found.ok) throw new Error(found.reason.detail);
    expect(found.value.description).toBe("50 eSIMs: 50 kinds");
    expect(codeOf(offer(body + " ".repeat(MAX_BATCH_BODY - body.length), batch))).toBe("ok");
    expect(codeOf(offer(body + " ".repeat(MAX_BATCH_BODY - body.length + 1), batch))).toBe("body_too_large");
  });

  test("of any items costs what each of them costs alone, or is refused as one of them is", () => {
    const item: fc.Arbitrary<object> = fc.oneof(
      fc.constant({ plan: "eu-1gb" }),
      fc.record({
        region: fc.constantFrom("us-west", "eu-central", "mars"),
        data_mb: fc.integer({ min: 1, max: 4_000 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 50 }), (items) => {
        const alone = items.map((each) => offer(JSON.stringify(each)));
        const prices = alone.map((each): bigint => (each.ok ? each.value.price : 0n));
        const refused = alone.filter((each) => !each.ok).map(codeOf);
        const together = sold(items);
        if (together.ok) {
          expect(refused).toEqual([]);
          expect(together.value.price).toBe(prices.reduce((sum, price) => sum + price, 0n));
        } else expect(together.reason.code).toBe(refused[0]);
      }),
    );
  });
});

describe("an allotment", () => {
  const asked = (body: object) => offer(JSON.stringify(body), allotment);

  test("is one offer of as many equal items as are asked for, for nobody yet", () => {
    const line = { plan: "eu-1gb", price: 4_200_000n, deviceId: null };
    expect(asked({ plan: "eu-1gb", count: 3, chain: "polygon" })).toMatchObject({
      ok: true,
      value: {
        goods: { kind: "esims", allotment: true, lines: [line, line, line] },
        price: 12_600_000n,
        description: "3 eSIMs: 3 eu-1gb",
        network: networks.polygon,
      },
    });
    expect(asked({ region: "us-west", data_mb: 100, count: 2 })).toMatchObject({
      value: { price: 840_000n },
    });
  });

  test("alone is one: a batch and a single activation are not", () => {
    for (const found of [
      offer('{"plan":"eu-1gb"}'),
      offer(JSON.stringify({ items: [{ plan: "eu-1gb" }] }), batch),
    ]) {
      expect(found.ok && found.value.goods).not.toHaveProperty("allotment");
    }
  });

  test.each<[string, unknown, string]>([
    ["of one", { plan: "eu-1gb", count: 1 }, "ok"],
    ["of 50", { plan: "eu-1gb", count: 50 }, "ok"],
    ["of 51", { plan: "eu-1gb", count: 51 }, "body_invalid"],
    ["of none", { plan: "eu-1gb", count: 0 }, "body_invalid"],
    ["of fewer than none", { plan: "eu-1gb", count: -1 }, "body_invalid"],
    ["of one and a half", { plan: "eu-1gb", count: 1.5 }, "body_invalid"],
    ["of a number in a string", { plan: "eu-1gb", count: "3" }, "body_invalid"],
    ["without a count", { plan: "eu-1gb" }, "body_invalid"],
    ["for a device", { plan: "eu-1gb", count: 3, device_id: "d" }, "body_invalid"],
    ["of two things", { plan: "eu-1gb", region: "us-west", data_mb: 1, count: 3 }, "body_invalid"],
    ["of nothing", { count: 3 }, "body_invalid"],
    ["of a list", { items: [{ plan: "eu-1gb" }], count: 3 }, "body_invalid"],
    ["of an unheard-of plan", { plan: "mars", count: 3 }, "plan_unknown"],
    ["of more data than is sold", { region: "us-west", data_mb: 9_999, count: 3 }, "package_unavailable"],
    ["on an unheard-of chain", { plan: "eu-1gb", count: 3, chain: "solana" }, "chain_unsupported"],
  ])("%s is %3$s", (_, body, code) => {
    expect(codeOf(offer(JSON.stringify(body), allotment))).toBe(code);
  });

  test("of any body is an offer of 1 to 50 lines, or is refused", () => {
    const anyBody = fc.oneof(
      anyText,
      fc.json(),
      fc.record({ plan: fc.constant("eu-1gb"), count: fc.jsonValue() }).map((body) => JSON.stringify(body)),
      fc.record({ plan: fc.constant("eu-1gb"), count: fc.integer() }).map((body) => JSON.stringify(body)),
    );
    fc.assert(
      fc.property(anyBody, (body) => {
        const found = offer(body, allotment);
        if (!found.ok) return;
        const { goods, price } = found.value;
        const count = goods.kind === "esims" ? goods.lines.length : 0;
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(50);
        expect(price).toBe(4_200_000n * BigInt(count));
      }),
    );
  });
});
