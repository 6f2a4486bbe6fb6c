/** A buyer may name where to be told of an order: an https URL that says nothing but that. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networks } from "../../protocol/network.ts";
import { offerFor } from "../../protocol/offer.ts";
import { anyText } from "../builders/arbitrary.ts";
import { buildConfig } from "../builders/config.ts";

const { catalog } = buildConfig();

const bodies = [
  ["an activation", "esim_activate", (url: unknown) => ({ plan: "eu-1gb", webhook_url: url })],
  ["an allotment", "esim_allotment", (url: unknown) => ({ plan: "eu-1gb", count: 2, webhook_url: url })],
  ["a batch", "esim_batch", (url: unknown) => ({ items: [{ plan: "eu-1gb" }], webhook_url: url })],
] as const;

describe.each(bodies)("%s", (_, name, bodyOf) => {
  const offer = (url: unknown) => {
    const body = Buffer.from(JSON.stringify(bodyOf(url)));
    return offerFor(catalog, [networks.base], { kind: "priced", name }, { query: "", body });
  };

  test.each([
    "https://agent.example",
    "https://agent.example/hook?order=1&token=x",
    "https://agent.example:443/hook",
    "https://xn--bcher-kva.example/",
    "http://127.0.0.1:4020/hook",
    `https://agent.example/${"x".repeat(490)}`,
  ])("takes %s as it is", (url) => {
    expect(offer(url)).toMatchObject({ ok: true, value: { webhookUrl: url } });
  });

  test("may name none", () => {
    expect(offer(undefined)).toMatchObject({ ok: true, value: { webhookUrl: null } });
  });

  test.each([
    ["another scheme", "ftp://agent.example/"],
    ["plain http", "http://agent.example/"],
    ["plain http at a name of loopback", "http://localhost:4020/"],
    ["plain http at loopback's other notation", "http://[::1]:4020/"],
    ["another port", "https://agent.example:8443/"],
    ["a user", "https://user@agent.example/"],
    ["a password", "https://:secret@agent.example/"],
    ["a fragment", "https://agent.example/#hook"],
    ["an empty fragment", "https://agent.example/#"],
    ["no host", "https:///"],
    ["a path alone", "/hook"],
    ["white space", "https://agent.example/a b"],
    ["a line break", "https://agent.example/\nhook"],
    ["other than ASCII", "https://bücher.example/"],
    ["513 characters", `https://agent.example/${"x".repeat(491)}`],
    ["nothing", ""],
    ["null", null],
    ["a list", ["https://agent.example/"]],
  ])("is refused with %s, and the field is named", (_what, url) => {
    const refused = offer(url);
    expect(refused).toMatchObject({ ok: false, reason: { code: "body_invalid" } });
    expect(JSON.stringify(refused)).toContain("webhook_url: ");
  });

  test("with any text is taken only for a URL that is https, or loopback", () => {
    fc.assert(
      fc.property(
        fc.oneof(anyText, fc.webUrl({ withFragments: true, withQueryParameters: true })),
        (text) => {
          const result = offer(text);
          if (!result.ok) {
            expect(result.reason.code).toBe("body_invalid");
            return;
          }
          const { protocol, username, password, hash, hostname } = new URL(text);
          expect([username, password, hash]).toEqual(["", "", ""]);
          expect(protocol === "https:" || hostname === "127.0.0.1").toBe(true);
        },
      ),
    );
  });
});
