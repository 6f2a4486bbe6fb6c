/** The grant: what the edge signed is what the origin reads, for a minute, and nothing else is a grant. */

import { createHmac } from "node:crypto";
import fc from "fast-check";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import {
  GRANT_ID_BYTES,
  GRANT_SECONDS,
  type Grant,
  type GrantedPayment,
  lookupCodes,
  signGrant,
} from "../../protocol/grant.ts";
import { verifyGrant } from "../../protocol/grant-reader.ts";
import { usdc } from "../../protocol/money.ts";
import { networks } from "../../protocol/network.ts";
import { MAX_SIGNATURE_BYTES } from "../../protocol/payment.ts";
import { anyAuthorization, anyBytes, anyHex, anyNetwork, anyText } from "../builders/arbitrary.ts";
import { hmacKey } from "../builders/keys.ts";
import { NOW } from "../builders/payment.ts";

const key = hmacKey(1);
const refused = { ok: false, reason: "grant_invalid" };

/** API Gateway's limit on all headers of a request, in bytes. */
const API_GATEWAY_HEADERS = 10_240;

const grant: Grant = {
  id: "Zm9vYmFyYmF6cXV4",
  fingerprint: `0x${"5a".repeat(32)}`,
  payment: {
    x402Version: 2,
    network: networks.base,
    authorization: {
      from: `0x${"a1".repeat(20)}`,
      to: `0x${"b2".repeat(20)}`,
      value: usdc(4_200_000n),
      validAfter: 0n,
      validBefore: BigInt(NOW + 60),
      nonce: `0x${"c3".repeat(32)}`,
    },
    invoiceId: "0123456789abcdef0123",
    replayKeys: [`0x${"e5".repeat(32)}`],
    settlement: { state: "settled", transaction: `0x${"d4".repeat(32)}` },
    timings: { verify: 12, settle: 340 },
  },
  proof: null,
};

const anySettlement = fc.oneof(
  fc.record({ state: fc.constant("settled" as const), transaction: anyHex(32) }),
  fc.record({
    state: fc.constant("unknown" as const),
    signature: fc.oneof(anyHex(65), anyHex(MAX_SIGNATURE_BYTES)),
  }),
  fc.record({ state: fc.constantFrom("verified" as const, "deferred" as const), signature: anyHex(65) }),
  fc.constant({ state: "spent" as const }),
  fc.record({ state: fc.constant("lookup" as const), code: fc.constantFrom(...lookupCodes) }),
);
const anyTimings = fc.record({ verify: fc.nat(), settle: fc.nat() }, { requiredKeys: [] });
const anyPayment: fc.Arbitrary<GrantedPayment> = fc.record({
  x402Version: fc.constantFrom(1 as const, 2 as const),
  network: anyNetwork,
  authorization: anyAuthorization,
  invoiceId: fc.option(anyHex(10).map((hex) => hex.slice(2))),
  replayKeys: fc.array(anyHex(32), { maxLength: 2 }),
  settlement: anySettlement,
  timings: anyTimings,
});
const anyGrant: fc.Arbitrary<Grant> = fc.record({
  id: anyBytes(GRANT_ID_BYTES).map((bytes) => Buffer.from(bytes).toString("base64url")),
  fingerprint: anyHex(32),
  payment: fc.option(anyPayment),
  proof: fc.constant(null),
});

/** The claims of a genuine grant, for a forger to start from. */
async function claimsOf(token: Promise<string>): Promise<Record<string, unknown>> {
  const [, payload = ""] = (await token).split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString());
}

function encode(json: unknown): string {
  return Buffer.from(JSON.stringify(json)).toString("base64url");
}

/** A token with a right HMAC over any header and claims: what somebody could make who had the key. */
function forge(header: object, claims: object, hash = "sha256"): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, key.secret).update(signed).digest("base64url")}`;
}

const HS256 = { alg: "HS256", kid: "1" };

describe("a grant", () => {
  test("is read as it was signed", async () => {
    await fc.assert(
      fc.asyncProperty(anyGrant, fc.nat({ max: 2 ** 32 }), async (any, now) => {
        expect(await verifyGrant(await signGrant(any, [key], now), [key], now)).toEqual({
          ok: true,
          value: any,
        });
      }),
    );
  });

  test("with the longest signature still fits API Gateway's headers", async () => {
    const signature = `0x${"6d".repeat(MAX_SIGNATURE_BYTES)}` as const;
    const longest: Grant = {
      ...grant,
      payment: grant.payment && { ...grant.payment, settlement: { state: "unknown", signature } },
    };
    const token = await signGrant(longest, [key], NOW);
    expect(token.length).toBeLessThan(API_GATEWAY_HEADERS * 0.75);
  });

  test("holds for a minute and the clocks' difference, and then no more", async () => {
    const token = await signGrant(grant, [key], NOW);
    expect((await verifyGrant(token, [key], NOW + GRANT_SECONDS)).ok).toBe(true);
    expect(await verifyGrant(token, [key], NOW + GRANT_SECONDS + 5)).toEqual(refused);
    expect(await verifyGrant(token, [key], NOW + 86_400)).toEqual(refused);
  });

  test("is refused under another secret of the same id, an unknown id, or no key", async () => {
    const token = await signGrant(grant, [key], NOW);
    for (const keys of [[{ id: key.id, secret: hmacKey(2).secret }], [hmacKey(2)], []]) {
      expect(await verifyGrant(token, keys, NOW)).toEqual(refused);
    }
  });

  test("is signed by the first key and holds as long as its key is listed", async () => {
    const token = await signGrant(grant, [key], NOW);
    const rotated = [hmacKey(2), key];
    expect((await verifyGrant(token, rotated, NOW)).ok).toBe(true);
    const fresh = await signGrant(grant, rotated, NOW);
    expect((await verifyGrant(fresh, [hmacKey(2)], NOW)).ok).toBe(true);
    expect(await verifyGrant(fresh, [key], NOW)).toEqual(refused);
  });
});

describe("what a forger makes is no grant:", () => {
  test("(an honest forgery with the key is)", async () => {
    expect(
      (await verifyGrant(forge(HS256, await claimsOf(signGrant(grant, [key], NOW))), [key], NOW)).ok,
    ).toBe(true);
  });

  test.each<[string, object]>([
    ["alg none", { alg: "none", kid: "1" }],
    ["alg None", { alg: "None", kid: "1" }],
    ["no alg", { kid: "1" }],
    ["no key id", { alg: "HS256" }],
    ["a key id that is no number", { alg: "HS256", kid: "__proto__" }],
    ["an empty key id where no key is 0", { alg: "HS256", kid: "" }],
    ["an unknown critical header", { ...HS256, crit: ["x"], x: 1 }],
    ["another alg", { alg: "RS256", kid: "1" }],
  ])("%s in the header", async (_, header) => {
    const claims = await claimsOf(signGrant(grant, [key], NOW));
    const unsigned = `${encode(header)}.${encode(claims)}.`;
    for (const token of [unsigned, forge(header, claims)]) {
      expect(await verifyGrant(token, [key], NOW)).toEqual(refused);
    }
  });

  test("HS512 or HS384 with the right key", async () => {
    const claims = await claimsOf(signGrant(grant, [key], NOW));
    for (const [alg, hash] of [
      ["HS512", "sha512"],
      ["HS384", "sha384"],
    ] as const) {
      expect(await verifyGrant(forge({ alg, kid: "1" }, claims, hash), [key], NOW)).toEqual(refused);
    }
    const long = { id: 1, secret: new Uint8Array(64).fill(9) };
    const token = await new SignJWT(claims).setProtectedHeader({ alg: "HS512", kid: "1" }).sign(long.secret);
    expect(await verifyGrant(token, [long], NOW)).toEqual(refused);
  });

  test.each<[string, object]>([
    ["another audience", { aud: "edge402/elsewhere" }],
    ["no audience", { aud: undefined }],
    ["another issuer", { iss: "mallory" }],
    ["no issuer", { iss: undefined }],
    ["no expiry", { exp: undefined }],
    ["no time of issue", { iat: undefined }],
    ["an expiry that is a string", { exp: "9999999999" }],
    ["no id", { jti: undefined }],
    ["an id of other characters", { jti: "x y\n'--;.....<>" }],
    ["no fingerprint", { fp: undefined }],
    ["a short fingerprint", { fp: "0x5a" }],
    ["a null payment", { pay: null }],
    ["a payment that is a list", { pay: [] }],
  ])("%s in the claims", async (_, change) => {
    const claims = { ...(await claimsOf(signGrant(grant, [key], NOW))), ...change };
    expect(await verifyGrant(forge(HS256, claims), [key], NOW)).toEqual(refused);
  });

  test.each<[string, object]>([
    ["a network unheard of", { net: "eip155:1" }],
    ["a negative value", { value: "-1" }],
    ["a number for a value", { value: 1 }],
    ["another version", { ver: 3 }],
    ["a key unheard of", { extra: 1 }],
    ["a state unheard of", { settlement: { state: "free" } }],
    ["settled without a transaction", { settlement: { state: "settled" } }],
    ["a lookup code that is none", { settlement: { state: "lookup", code: "payment_required" } }],
    ["no nonce", { nonce: undefined }],
  ])("%s in the payment", async (_, change) => {
    const claims = await claimsOf(signGrant(grant, [key], NOW));
    const pay = { ...(typeof claims["pay"] === "object" ? claims["pay"] : {}), ...change };
    expect(await verifyGrant(forge(HS256, { ...claims, pay }), [key], NOW)).toEqual(refused);
  });

  test("one changed character, anywhere", async () => {
    const token = await signGrant(grant, [key], NOW);
    for (let at = 0; at < token.length; at += 3) {
      const other = token.charAt(at) === "A" ? "B" : "A";
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(await verifyGrant(changed, [key], NOW), `character ${at}`).toEqual(refused);
    }
  });

  test("any string, with dots or without, and none of it throws", async () => {
    const dotted = fc.array(
      fc.oneof(
        fc.json().map((json) => Buffer.from(json).toString("base64url")),
        anyText,
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(dotted, async (parts) => {
        expect(await verifyGrant(parts.join("."), [key], NOW)).toEqual(refused);
      }),
    );
  });
});
