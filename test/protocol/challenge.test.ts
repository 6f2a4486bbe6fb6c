/** The 402 answer: both versions' own schemas read it, the invoice in it holds, and no client's buffer cuts it. */

import { decodePaymentRequiredHeader } from "@x402/core/http";
import { parsePaymentRequired } from "@x402/core/schemas";
import * as v from "valibot";
import { getAddress } from "viem";
import { describe, expect, test } from "vitest";
import { PaymentRequirementsSchema } from "x402/types";
import { type ChallengeInput, challenge, MAX_CHALLENGE_BODY } from "../../protocol/challenge.ts";
import { type ConfigInput, configSchema } from "../../protocol/config.ts";
import { INVOICE_ID_BYTES, invoiceNonce, readInvoice } from "../../protocol/invoice.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { requirementsV1, requirementsV2 } from "../../protocol/requirements.ts";
import { acceptedNetworks } from "../../protocol/terms.ts";
import { challengeInput } from "../builders/challenge.ts";
import { acceptedInput, buildConfig, configInput, MERCHANT } from "../builders/config.ts";
import { hmacKey } from "../builders/keys.ts";
import { NOW } from "../builders/payment.ts";

/** The names that `x402` 1.x knows and throws at when it meets another. */
const V1_NETWORKS = ["base", "base-sepolia", "polygon", "polygon-amoy"];

function v2Of(input: ChallengeInput) {
  return decodePaymentRequiredHeader(challenge(input).headers["payment-required"] ?? "");
}

function bodyOf(input: ChallengeInput) {
  return JSON.parse(challenge(input).body);
}

describe("the version 2 header", () => {
  test("passes the stock client's schema, with an offer for each network in the merchant's order", () => {
    const input = challengeInput();
    const required = v2Of(input);
    const parsed = parsePaymentRequired(required);
    expect(parsed.error).toBeUndefined();
    expect(required).toMatchObject({
      x402Version: 2,
      error: "payment_required",
      resource: {
        url: "https://shop.example.com/report",
        description: "A report",
        mimeType: "application/json",
        serviceName: "Test shop",
      },
    });
    expect(required.accepts.map(({ network }) => network)).toEqual([
      "eip155:137",
      "eip155:8453",
      "eip155:42161",
    ]);
    const { invoice_id } = bodyOf(input);
    for (const offer of required.accepts) {
      expect(offer.extra["invoice"]).toBe(invoice_id);
      expect(getAddress(offer.asset)).toBe(offer.asset);
      expect(getAddress(offer.payTo)).toBe(offer.payTo);
    }
  });

  test.each([
    "Größe M",
    "日本",
    "a 🛰 b",
    '"quoted" \\ text',
  ])("carries the description %j unharmed", (description) => {
    const terms = { ...challengeInput().terms[0], description };
    expect(v2Of(challengeInput({ terms: [terms] })).resource?.description).toBe(description);
  });

  test.each([
    ["longest", "x".repeat(60)],
    ["longest that the schema has", "x".repeat(32)],
    ["accented", "Réseau"],
  ])("passes the stock schema with the %s service name, or the configuration refuses it", (_, serviceName) => {
    const allowed = v.is(configSchema, configInput({ serviceName }));
    const parsed = parsePaymentRequired(v2Of(challengeInput({ serviceName })));
    expect(allowed && !parsed.success).toBe(false);
  });
});

describe("the version 1 body", () => {
  test("passes the stock client's schema", () => {
    const body = bodyOf(challengeInput());
    expect(body.x402Version).toBe(1);
    for (const offer of body.accepts) expect(PaymentRequirementsSchema.parse(offer)).toEqual(offer);
  });

  test("never names a network that the version 1 client does not know", () => {
    expect(bodyOf(challengeInput()).accepts.map(({ network }: { network: string }) => network)).toEqual([
      "polygon",
      "base",
    ]);
    for (const network of Object.values(networks)) {
      if (network.v1Name !== null) expect(V1_NETWORKS).toContain(network.v1Name);
      const accepted = { chain: network, payTo: MERCHANT, rpcUrl: "https://rpc.example.com" };
      expect(requirementsV1(accepted, challengeInput().terms[0])?.network).toBe(network.v1Name ?? undefined);
    }
  });

  test("names the invoice, its price, its expiry and its nonce", () => {
    const input = challengeInput();
    const body = bodyOf(input);
    expect(readInvoice(body.invoice_id, [hmacKey(1)])).toEqual({
      ok: true,
      value: {
        id: "ab".repeat(10),
        fingerprint: input.fingerprint,
        price: 3_000n,
        expiresAt: NOW + input.invoiceTtlSeconds,
      },
    });
    expect(body).toMatchObject({
      error: "payment_required",
      code: "payment_required",
      status: 402,
      retry_action: "resign",
      payment_state: "unused",
      amount: "0.003",
      amount_usdc: "0.003",
      recipient: getAddress(MERCHANT),
      chain: "polygon",
      nonce: invoiceNonce(body.invoice_id),
      expires_at: NOW + input.invoiceTtlSeconds,
    });
  });

  test("says what was wrong with the payment that came", () => {
    const body = bodyOf(challengeInput({ code: "payment_expired", details: { detail: "It ended." } }));
    expect(body).toMatchObject({ error: "payment_expired", code: "payment_expired", detail: "It ended." });
  });
});

describe("a challenge", () => {
  test("is never cached, and a browser may read it", () => {
    expect(challenge(challengeInput()).headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "no-store, private",
      "access-control-allow-origin": "*",
      "access-control-expose-headers": expect.stringContaining("PAYMENT-REQUIRED"),
    });
  });

  test("names the same amount, recipient and asset in both versions", () => {
    const [terms] = challengeInput({}).terms;
    const [accepted] = acceptedNetworks(buildConfig());
    const v1 = requirementsV1(accepted, terms);
    const v2 = requirementsV2(accepted, terms);
    expect(v1?.maxAmountRequired).toBe(v2.amount);
    expect(v1).toMatchObject({ payTo: v2.payTo, asset: v2.asset, maxTimeoutSeconds: 60, extra: v2.extra });
    expect(v2).not.toHaveProperty("extra.invoice");
  });
});

describe("a challenge with several offers", () => {
  const input = challengeInput();
  const [small] = input.terms;
  const large = { ...small, price: usdc(5_000n), description: "More of it" };
  let ids = 0;
  const several = challengeInput({
    terms: [small, large],
    newInvoiceId: () => new Uint8Array(INVOICE_ID_BYTES).fill(++ids),
  });

  test("has each on every network for version 2, with an invoice that fixes its price", () => {
    const { accepts } = v2Of(several);
    const fixed = accepts.map(({ network, amount, extra }) => {
      const invoice = readInvoice(String(extra["invoice"]), [hmacKey(1)]);
      return [network, amount, invoice.ok ? invoice.value.price : null];
    });
    expect(fixed).toEqual(
      [small.price, large.price].flatMap((price) =>
        input.networks.map(({ chain }) => [chain.caip2, String(price), price]),
      ),
    );
    expect(new Set(accepts.map(({ extra }) => extra["invoice"])).size).toBe(2);
  });

  test("has each for version 1, and names the first", () => {
    const body = bodyOf(several);
    const offered = body.accepts.map(
      ({ network, maxAmountRequired }: { network: string; maxAmountRequired: string }) => [
        network,
        maxAmountRequired,
      ],
    );
    expect(offered).toEqual([
      ["polygon", "3000"],
      ["base", "3000"],
      ["polygon", "5000"],
      ["base", "5000"],
    ]);
    expect(body.amount_usdc).toBe("0.003");
  });

  test("drops from the body what would make it too long, never the first, and stays what it is in the header", () => {
    const more = { top_up_options: "x".repeat(1_550) };
    const body = bodyOf({ ...several, more });
    expect(JSON.stringify(body).length).toBeLessThanOrEqual(MAX_CHALLENGE_BODY);
    expect(body.accepts).toMatchObject([{ network: "polygon" }, { network: "base" }]);
    expect(v2Of({ ...several, more }).accepts).toHaveLength(6);
  });
});

describe("a challenge's body fits what clients read", () => {
  const worstText = '"'.repeat(200);

  test("on four networks, with the longest description and detail", () => {
    const input = challengeInput();
    const [first, ...others] = input.networks;
    const sepolia = {
      chain: networks["base-sepolia"],
      payTo: MERCHANT,
      rpcUrl: "https://rpc.example.com",
      confirmations: 12,
    };
    const body = challenge({
      ...input,
      networks: [first, ...others, sepolia],
      terms: [
        { ...input.terms[0], price: usdc(10n ** 18n - 1n), description: worstText, maxTimeoutSeconds: 600 },
      ],
      code: "payment_scheme_unsupported",
      details: { detail: "d".repeat(100) },
    }).body;
    expect(body.length).toBeLessThanOrEqual(MAX_CHALLENGE_BODY);
  });

  const extremes: readonly (readonly [string, Partial<ConfigInput>, path: string])[] = [
    ["the longest path", {}, `/${"p".repeat(511)}`],
    [
      "a long public URL",
      { publicUrl: `https://${"shop.".repeat(40)}example.com/${"x".repeat(1_000)}` },
      "/report",
    ],
  ];

  test.each(extremes)("with %s, or the configuration refuses it", (_, overrides, path) => {
    const mainnets = [acceptedInput("polygon"), acceptedInput("base"), acceptedInput("arbitrum")];
    const resource = { price: "999999999999.999999", description: worstText, mimeType: "application/json" };
    const input = configInput({
      networks: mainnets,
      catalog: { plans: {}, resources: { [path]: resource } },
      ...overrides,
    });
    const parsed = v.safeParse(configSchema, input);
    const publicUrl = overrides.publicUrl ?? "https://shop.example.com";
    const terms = { ...challengeInput().terms[0], description: worstText, resourceUrl: publicUrl + path };
    const { body } = challenge(challengeInput({ terms: [terms] }));
    expect(parsed.success && body.length > MAX_CHALLENGE_BODY).toBe(false);
  });

  test("with a long media type, or the configuration refuses it", () => {
    const resource = { price: "1", description: "x", mimeType: `text/${"x".repeat(3_000)}` };
    const input = configInput({ catalog: { plans: {}, resources: { "/report": resource } } });
    const parsed = v.safeParse(configSchema, input);
    expect(parsed.success).toBe(false);
  });
});
