/** Offers: what could never be delivered is refused before money is asked for, and the price hangs on nothing odd. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_BODY } from "../../protocol/activation.ts";
import { networks } from "../../protocol/network.ts";
import { offerFor } from "../../protocol/offer.ts";
import { matchRoute, type Route } from "../../protocol/route.ts";
import { networksOf, termsOf } from "../../protocol/terms.ts";
import { anyText } from "../builders/arbitrary.ts";
import { acceptedInput, buildConfig } from "../builders/config.ts";

const config = buildConfig({ networks: [acceptedInput("base"), acceptedInput("polygon")] });
const { catalog } = config;
const accepted = [networks.base, networks.polygon];

function priced(path: string): Extract<Route, { kind: "priced" }> {
  const match = matchRoute(catalog, path);
  if (match.kind !== "found" || match.route.kind !== "priced") throw new Error(`${path} is priced`);
  return match.route;
}

const activate = priced("/v1/esim/activate");
const report = priced("/report");

function offer(body: string | Uint8Array) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return offerFor(catalog, accepted, activate, { query: "", body: bytes });
}

function codeOf(result: ReturnType<typeof offerFor>): string {
  return result.ok ? "ok" : result.reason.code;
}

describe("an activation", () => {
  test("is offered at the plan's price", () => {
    expect(offer('{"plan":"eu-1gb","device_id":"device-1","chain":"polygon"}')).toEqual({
      ok: true,
      value: {
        goods: {
          kind: "esims",
          lines: [
            {
              plan: "eu-1gb",
              packageCode: "EU_1_7",
              wholesale: 9_000n,
              price: 4_200_000n,
              deviceId: "device-1",
            },
          ],
        },
        price: 4_200_000n,
        description: "eSIM eu-1gb: Europe 1 GB",
        mimeType: "application/json",
        network: networks.polygon,
        webhookUrl: null,
        owned: false,
      },
    });
    expect(offer('{"plan":"eu-1gb"}')).toMatchObject({
      value: { goods: { lines: [{ deviceId: null }] }, network: null, price: 4_200_000n },
    });
  });

  test.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "body_malformed"],
    ["no JSON", "plan=eu-1gb", "body_malformed"],
    ["JSON with a comment", '{"plan":"eu-1gb"}//', "body_malformed"],
    ["a repeated plan", '{"plan":"eu-1gb","plan":"x"}', "body_malformed"],
    ["a repeated plan, spelled with an escape", '{"plan":"eu-1gb","pl\\u0061n":"x"}', "body_malformed"],
    ["bytes that are no UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), "body_malformed"],
    ["UTF-16", Uint8Array.from(Buffer.from('{"plan":"eu-1gb"}', "utf16le")), "body_malformed"],
    ["a byte order mark", '\ufeff{"plan":"eu-1gb"}', "body_malformed"],
    ["null", "null", "body_invalid"],
    ["a list", '[{"plan":"eu-1gb"}]', "body_invalid"],
    ["a string", '"eu-1gb"', "body_invalid"],
    ["no plan", "{}", "body_invalid"],
    ["a plan that is a number", '{"plan":1}', "body_invalid"],
    ["a plan that is a list", '{"plan":["eu-1gb"]}', "body_invalid"],
    ["a plan that is null", '{"plan":null}', "body_invalid"],
    ["a plan too long", `{"plan":"${"x".repeat(65)}"}`, "body_invalid"],
    ["a key unheard of", '{"plan":"eu-1gb","price":"0.01"}', "body_invalid"],
    ["a prototype", '{"plan":"eu-1gb","__proto__":{"price":"0"}}', "body_invalid"],
    ["a constructor", '{"plan":"eu-1gb","constructor":1}', "body_invalid"],
    ["items, as a batch has them", '{"items":[{"plan":"eu-1gb"}]}', "body_invalid"],
    ["a plan only in the prototype", '{"__proto__":{"plan":"eu-1gb"}}', "body_invalid"],
    ["a plan unknown", '{"plan":"mars-1gb"}', "plan_unknown"],
    ["a plan in another case", '{"plan":"EU-1GB"}', "plan_unknown"],
    ["a plan with a space", '{"plan":"eu-1gb "}', "plan_unknown"],
    ["an empty plan", '{"plan":""}', "plan_unknown"],
    ["the plan __proto__", '{"plan":"__proto__"}', "plan_unknown"],
    ["the plan constructor", '{"plan":"constructor"}', "plan_unknown"],
    ["the plan toString", '{"plan":"toString"}', "plan_unknown"],
    ["an empty device", '{"plan":"eu-1gb","device_id":""}', "body_invalid"],
    ["a device too long", `{"plan":"eu-1gb","device_id":"${"x".repeat(129)}"}`, "body_invalid"],
    ["a device with a line end", '{"plan":"eu-1gb","device_id":"x\\n"}', "body_invalid"],
    ["a null device", '{"plan":"eu-1gb","device_id":null}', "body_invalid"],
    ["a chain unheard of", '{"plan":"eu-1gb","chain":"solana"}', "chain_unsupported"],
    ["a chain that the merchant does not take", '{"plan":"eu-1gb","chain":"arbitrum"}', "chain_unsupported"],
    ["a chain by its number", '{"plan":"eu-1gb","chain":"eip155:8453"}', "chain_unsupported"],
    ["the chain constructor", '{"plan":"eu-1gb","chain":"constructor"}', "chain_unsupported"],
    ["a chain that is null", '{"plan":"eu-1gb","chain":null}', "body_invalid"],
    ["a chain too long", `{"plan":"eu-1gb","chain":"${"x".repeat(33)}"}`, "body_invalid"],
    ["the longest body", `{"plan":"eu-1gb"}${" ".repeat(MAX_BODY - 17)}`, "ok"],
    ["a body too long by a byte", `{"plan":"eu-1gb"}${" ".repeat(MAX_BODY - 16)}`, "body_too_large"],
  ])("of %s is %3$s", (_, body, code) => {
    expect(codeOf(offer(body))).toBe(code);
  });

  test("costs the same however its fields are ordered or spaced", () => {
    const fields = ['"plan":"eu-1gb"', '"device_id":"d"', '"chain" : "base"'];
    const expected = offer(`{${fields.join(",")}}`);
    expect(codeOf(expected)).toBe("ok");
    fc.assert(
      fc.property(
        fc.shuffledSubarray(fields, { minLength: 3 }),
        fc.constantFrom("", " ", "\n\t"),
        (order, space) => {
          expect(offer(`{${space}${order.join(`,${space}`)}${space}}`)).toEqual(expected);
        },
      ),
    );
  });

  test("is refused or offered for any bytes, never a throw, and offered only by a plan's own name", () => {
    const json = fc.record(
      { plan: fc.oneof(anyText, fc.constant("eu-1gb")), chain: anyText },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .oneof(
          fc.json(),
          json.map((value) => JSON.stringify(value)),
        )
        .map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(body, (bytes) => {
        const result = offer(bytes);
        if (result.ok)
          expect(result.value).toMatchObject({ goods: { lines: [{ plan: "eu-1gb" }] }, price: 4_200_000n });
        else
          expect(result.reason.code).toMatch(
            /^(body_malformed|body_invalid|plan_unknown|chain_unsupported)$/,
          );
      }),
      { numRuns: 500 },
    );
  });
});

describe("a resource", () => {
  const ask = (query: string) => offerFor(catalog, accepted, report, { query, body: new Uint8Array() });

  test("is offered at its price, on the network that the query insists on", () => {
    const value = {
      goods: { kind: "resource", path: "/report" },
      price: 3_000n,
      description: "A report",
      mimeType: "application/json",
      network: null,
      webhookUrl: null,
      owned: false,
    };
    expect(ask("")).toEqual({ ok: true, value });
    expect(ask("chain=polygon&x=1")).toEqual({ ok: true, value: { ...value, network: networks.polygon } });
    for (const chain of ["arbitrum", "solana", "", "constructor"]) {
      expect(codeOf(ask(`chain=${chain}`))).toBe("chain_unsupported");
    }
  });
});

describe("an offer's terms", () => {
  test("take their URL from the configuration, and their price from the caller", () => {
    const found = offer('{"plan":"eu-1gb"}');
    if (!found.ok) throw new Error("the plan is offered");
    expect(termsOf(config, found.value, "/v1/esim/activate", found.value.price)).toEqual({
      price: 4_200_000n,
      description: "eSIM eu-1gb: Europe 1 GB",
      mimeType: "application/json",
      resourceUrl: "https://shop.example.com/v1/esim/activate",
      maxTimeoutSeconds: 60,
      upfront: false,
    });
  });

  test("name every network, or the one insisted on", () => {
    const chainsOf = (body: string) => {
      const found = offer(body);
      return found.ok ? networksOf(config, found.value).map(({ chain }) => chain.chain) : [];
    };
    expect(chainsOf('{"plan":"eu-1gb"}')).toEqual(["base", "polygon"]);
    expect(chainsOf('{"plan":"eu-1gb","chain":"polygon"}')).toEqual(["polygon"]);
  });
});
