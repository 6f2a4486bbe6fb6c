/** CDP's JWT: the same as Coinbase's own package makes, from every form in which a key comes; no secret in an error. */

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createAuthHeader } from "@coinbase/x402";
import fc from "fast-check";
import { decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import {
  CDP_JWT_SECONDS,
  CDP_NONCE_BYTES,
  CdpKeyError,
  cdpAuthorizer,
  mintCdpJwt,
  parseCdpKey,
} from "../../protocol/cdp-jwt.ts";
import { anyBytes, anyText } from "../builders/arbitrary.ts";
import { NOW } from "../builders/payment.ts";

const KEY_ID = "organizations/1/apiKeys/2";
const HOST = "api.cdp.coinbase.com";
const PATH = "/platform/v2/x402/settle";
const NONCE = new Uint8Array(CDP_NONCE_BYTES).fill(0xab);
const request = { method: "POST", url: `https://${HOST}${PATH}`, now: NOW, nonce: NONCE } as const;

const ed25519 = generateKeyPairSync("ed25519");
const p256 = generateKeyPairSync("ec", { namedCurve: "prime256v1" });

function pem(key: KeyObject, type: "pkcs8" | "sec1"): string {
  return key.export({ format: "pem", type }).toString();
}

/** As the portal gives it: base64 of the seed, then of the public key. */
function portalSecret({ privateKey, publicKey }: typeof ed25519): string {
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return Buffer.concat([seed, point]).toString("base64");
}

const keys = [
  { alg: "EdDSA", secret: portalSecret(ed25519), publicKey: ed25519.publicKey },
  { alg: "ES256", secret: pem(p256.privateKey, "pkcs8"), publicKey: p256.publicKey },
] as const;

describe.each(keys)("a CDP token signed with $alg", ({ alg, secret, publicKey }) => {
  test("is what Coinbase's own package makes for the same key and URL", async () => {
    const stock = (await createAuthHeader(KEY_ID, secret, "POST", HOST, PATH)).replace(/^Bearer /, "");
    const { iat, ...claims } = decodeJwt(stock);
    if (iat === undefined) throw new Error("the stock token has a time of issue");
    const { nonce, ...header } = decodeProtectedHeader(stock);
    const ours = await mintCdpJwt(parseCdpKey(KEY_ID, secret), { ...request, now: iat });
    expect(decodeJwt(ours)).toEqual({ iat, ...claims });
    expect(decodeProtectedHeader(ours)).toEqual({ ...header, nonce: "ab".repeat(CDP_NONCE_BYTES) });
    expect(nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  test("verifies with the public key and lives two minutes from now", async () => {
    const token = await mintCdpJwt(parseCdpKey(KEY_ID, secret), request);
    const verified = await jwtVerify(token, publicKey, { currentDate: new Date(NOW * 1_000) });
    expect(verified.payload).toEqual({
      sub: KEY_ID,
      iss: "cdp",
      uris: [`POST ${HOST}${PATH}`],
      iat: NOW,
      nbf: NOW,
      exp: NOW + CDP_JWT_SECONDS,
    });
    expect(verified.protectedHeader).toMatchObject({ alg, kid: KEY_ID, typ: "JWT" });
  });

  test("names the method, the port and the path, and no query", async () => {
    const url = "http://127.0.0.1:4021/x402/supported?limit=1";
    const token = await mintCdpJwt(parseCdpKey(KEY_ID, secret), { ...request, method: "GET", url });
    expect(decodeJwt(token)["uris"]).toEqual(["GET 127.0.0.1:4021/x402/supported"]);
  });
});

describe("the authorizer of a facilitator's POSTs", () => {
  test("mints a token for each URL, with the second and a nonce of that moment", async () => {
    let clock = NOW * 1_000 + 999;
    let calls = 0;
    const authorize = cdpAuthorizer(parseCdpKey(KEY_ID, portalSecret(ed25519)), {
      now: () => clock,
      randomBytes: (length) => new Uint8Array(length).fill(++calls),
    });
    const verify = (await authorize(`https://${HOST}/x402/verify`)).replace(/^Bearer /, "");
    clock += 1;
    const settle = (await authorize(`https://${HOST}/x402/settle`)).replace(/^Bearer /, "");
    expect(decodeJwt(verify)).toMatchObject({ uris: [`POST ${HOST}/x402/verify`], iat: NOW });
    expect(decodeJwt(settle)).toMatchObject({ uris: [`POST ${HOST}/x402/settle`], iat: NOW + 1 });
    expect(decodeProtectedHeader(verify)).toMatchObject({ nonce: "01".repeat(CDP_NONCE_BYTES) });
    expect(decodeProtectedHeader(settle)).toMatchObject({ nonce: "02".repeat(CDP_NONCE_BYTES) });
  });
});

describe("a CDP secret", () => {
  const forms: readonly (readonly [string, string, "EdDSA" | "ES256"])[] = [
    ["base64 of 64 bytes", portalSecret(ed25519), "EdDSA"],
    ["PKCS8 PEM of an Ed25519 key", pem(ed25519.privateKey, "pkcs8"), "EdDSA"],
    ["PKCS8 PEM of a P-256 key", pem(p256.privateKey, "pkcs8"), "ES256"],
    ["SEC1 PEM", pem(p256.privateKey, "sec1"), "ES256"],
  ];
  const written: readonly (readonly [string, (secret: string) => string])[] = [
    ["as it is", (secret) => secret],
    ["with \\n for line ends", (secret) => secret.replaceAll("\n", "\\n")],
    ["with Windows line ends", (secret) => secret.replaceAll("\n", "\r\n")],
    ["without its last line end", (secret) => secret.trimEnd()],
    ["with blank lines around", (secret) => `\n\n  ${secret}\n \n`],
  ];

  test.each(
    forms.flatMap(([form, secret, algorithm]) =>
      written.map(([how, write]) => [form, how, write(secret), algorithm] as const),
    ),
  )("is read from %s, %s", async (_form, _how, secret, algorithm) => {
    const key = parseCdpKey(KEY_ID, secret);
    expect(key).toMatchObject({ id: KEY_ID, algorithm });
    const { publicKey } = algorithm === "EdDSA" ? ed25519 : p256;
    const token = await mintCdpJwt(key, request);
    await jwtVerify(token, publicKey, { currentDate: new Date(NOW * 1_000) });
  });
});

/** What a wrong secret gives: the error, or undefined when it was taken. */
function refusal(secret: string): unknown {
  try {
    parseCdpKey(KEY_ID, secret);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** A message is safe when it is one of these: none was made from the secret. */
const fixedMessages =
  /^The CDP key secret(('s two halves do not belong together)|( is neither an Ed25519 nor a P-256 key)|( looks like PEM but holds no private key that can be read)|( is neither PEM nor the base64 of a 64-byte Ed25519 key))\.$/;

function expectSilent(error: unknown): void {
  expect(error).toBeInstanceOf(CdpKeyError);
  if (!(error instanceof CdpKeyError)) return;
  expect(error.message).toMatch(fixedMessages);
  expect(error.cause).toBeUndefined();
  expect(Object.keys(error)).toEqual(["name"]);
}

describe("a CDP secret that is no key is refused in words of our own:", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const p384 = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  const k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const x25519 = generateKeyPairSync("x25519");
  const other = Buffer.from(portalSecret(generateKeyPairSync("ed25519")), "base64");
  const encrypted = p256.privateKey
    .export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" })
    .toString();

  test.each([
    ["nothing", ""],
    ["an RSA key", pem(rsa.privateKey, "pkcs8")],
    ["a P-384 key", pem(p384.privateKey, "pkcs8")],
    ["a secp256k1 key", pem(k1.privateKey, "sec1")],
    ["an X25519 key", pem(x25519.privateKey, "pkcs8")],
    ["a public key", p256.publicKey.export({ format: "pem", type: "spki" }).toString()],
    ["an encrypted key", encrypted],
    ["a PEM cut off", pem(p256.privateKey, "pkcs8").slice(0, 80)],
    ["a PEM of garbage", `-----BEGIN PRIVATE KEY-----\n${"A".repeat(64)}\n-----END PRIVATE KEY-----`],
    ["the seed alone", Buffer.from(portalSecret(ed25519), "base64").subarray(0, 32).toString("base64")],
    [
      "two keys' halves",
      Buffer.concat([
        Buffer.from(portalSecret(ed25519), "base64").subarray(0, 32),
        other.subarray(32),
      ]).toString("base64"),
    ],
    ["base64url", Buffer.from(new Uint8Array(64).fill(0xfb)).toString("base64url")],
  ])("%s", (_, secret) => {
    expectSilent(refusal(secret));
  });

  test("any text", () => {
    fc.assert(
      fc.property(anyText, (secret) => {
        expectSilent(refusal(secret));
      }),
    );
  });

  test("any 64 bytes whose halves do not belong together", () => {
    fc.assert(
      fc.property(anyBytes(64), (bytes) => {
        expectSilent(refusal(Buffer.from(bytes).toString("base64")));
      }),
    );
  });

  test("any PEM with a body made up", () => {
    const label = fc.constantFrom(
      "PRIVATE KEY",
      "EC PRIVATE KEY",
      "RSA PRIVATE KEY",
      "ENCRYPTED PRIVATE KEY",
      "CERTIFICATE",
    );
    fc.assert(
      fc.property(label, fc.uint8Array({ maxLength: 150 }), (name, bytes) => {
        const body = Buffer.from(bytes).toString("base64");
        expectSilent(refusal(`-----BEGIN ${name}-----\n${body}\n-----END ${name}-----\n`));
      }),
    );
  });
});
