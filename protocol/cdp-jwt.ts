/**
 * CDP's API authentication: a JWT for one method and URL, valid for two minutes, minted anew for each call.
 *
 * Keys come as the portal gives them (base64 Ed25519, seed then public key) or as PEM: PKCS8, SEC1, and either with its
 * line breaks written as `\n`, which is what survives in environment variables.
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { signJwt } from "./jwt.ts";
import { decodeBase64 } from "./text.ts";

export interface CdpKey {
  /** The key's id, or its full resource name; becomes `kid` and `sub`. */
  readonly id: string;
  readonly algorithm: "EdDSA" | "ES256";
  readonly privateKey: KeyObject;
}

/** A CDP secret that is no key. The message never holds any part of it. */
export class CdpKeyError extends Error {
  override readonly name = "CdpKeyError";
}

/** CDP's own limit on a token's life. */
export const CDP_JWT_SECONDS = 120;

export const CDP_NONCE_BYTES = 16;

/** Of a seed, and of a public key. */
const ED25519_BYTES = 32;

/** @throws CdpKeyError */
export function parseCdpKey(id: string, secret: string): CdpKey {
  const key = readCdpKey(id, secret);
  const bytes = decodeBase64(plain(secret));
  if (bytes !== undefined) checkPublicHalf(key.privateKey, bytes.subarray(ED25519_BYTES));
  return key;
}

/** Of a secret that `parseCdpKey` has taken before: whether its halves belong together is not computed again. */
export function readCdpKey(id: string, secret: string): CdpKey {
  const text = plain(secret);
  const privateKey = text.startsWith("-----BEGIN ") ? pemKey(text) : rawEd25519Key(text);
  if (privateKey.asymmetricKeyType === "ed25519") return { id, algorithm: "EdDSA", privateKey };
  const curve = privateKey.asymmetricKeyDetails?.namedCurve;
  if (privateKey.asymmetricKeyType === "ec" && curve === "prime256v1") {
    return { id, algorithm: "ES256", privateKey };
  }
  throw new CdpKeyError("The CDP key secret is neither an Ed25519 nor a P-256 key.");
}

/** @param nonce `CDP_NONCE_BYTES` random bytes  @param now Unix seconds */
export async function mintCdpJwt(
  key: CdpKey,
  request: {
    readonly method: "GET" | "POST";
    /** As a configuration holds it: as the URL parser writes it, without credentials or fragment. */
    readonly url: string;
    readonly now: number;
    readonly nonce: Uint8Array;
  },
): Promise<string> {
  const header = {
    alg: key.algorithm,
    kid: key.id,
    typ: "JWT",
    nonce: Buffer.from(request.nonce).toString("hex"),
  };
  const claims = {
    sub: key.id,
    iss: "cdp",
    uris: [`${request.method} ${placeOf(request.url)}`],
    iat: request.now,
    nbf: request.now,
    exp: request.now + CDP_JWT_SECONDS,
  };
  // Ed25519 has its own hash. JWTs want the two numbers of an ECDSA signature without ASN.1 around them.
  const hash = key.algorithm === "ES256" ? "sha256" : null;
  return signJwt(header, claims, (input) =>
    sign(hash, Buffer.from(input), { key: key.privateKey, dsaEncoding: "ieee-p1363" }),
  );
}

/** Host and path. The URL parser would take a cold process longer, and has had the URL in its hands before. */
function placeOf(url: string): string {
  const [place = ""] = url.slice(url.indexOf("//") + 2).split("?");
  return place;
}

/** Makes the `Authorization` header of one POST. @param ports Unix milliseconds and a source of randomness */
export function cdpAuthorizer(
  key: CdpKey,
  ports: { readonly now: () => number; readonly randomBytes: (length: number) => Uint8Array },
): (url: string) => Promise<string> {
  return async (url) => {
    const now = Math.floor(ports.now() / 1_000);
    const nonce = ports.randomBytes(CDP_NONCE_BYTES);
    return `Bearer ${await mintCdpJwt(key, { method: "POST", url, now, nonce })}`;
  };
}

function plain(secret: string): string {
  return secret.replaceAll("\\n", "\n").trim();
}

function pemKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new CdpKeyError("The CDP key secret looks like PEM but holds no private key that can be read.");
  }
}

/** As a JWK: OpenSSL takes half a millisecond longer, in a cold process, to find its way through DER. */
function rawEd25519Key(text: string): KeyObject {
  const bytes = decodeBase64(text);
  if (bytes?.length !== 2 * ED25519_BYTES) {
    throw new CdpKeyError("The CDP key secret is neither PEM nor the base64 of a 64-byte Ed25519 key.");
  }
  const half = (from: number) =>
    Buffer.from(bytes.subarray(from, from + ED25519_BYTES)).toString("base64url");
  const key = { kty: "OKP", crv: "Ed25519", d: half(0), x: half(ED25519_BYTES) };
  return createPrivateKey({ key, format: "jwk" });
}

function checkPublicHalf(privateKey: KeyObject, half: Uint8Array): void {
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  if (publicKey.subarray(-ED25519_BYTES).equals(half)) return;
  throw new CdpKeyError("The CDP key secret's two halves do not belong together.");
}
