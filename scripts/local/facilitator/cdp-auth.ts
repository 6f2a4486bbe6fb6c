/** Checks the JWT that each request to CDP carries, as CDP would, so that a gateway's own tokens are proven locally. */

import { createPublicKey, type JsonWebKey, KeyObject } from "node:crypto";
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from "jose";
import * as v from "valibot";

/** CDP lets a token live this long at most. */
const maxLifetimeSeconds = 120;
const minNonceLength = 16;

export interface CdpKey {
  /** What a token names as `kid` and `sub`. */
  readonly id: string;
  /** Ed25519, or EC on P-256. */
  readonly publicKey: KeyObject | JsonWebKey;
}

/** What a token must be made for. */
export interface RequestLine {
  readonly method: string;
  /** As the client addressed it: the Host header. */
  readonly host: string;
  readonly path: string;
}

/** A sentence about what is wrong with the request's token, or null when it is good. */
export type CheckToken = (authorization: string | undefined, request: RequestLine) => Promise<string | null>;

const protectedHeader = v.object({
  alg: v.string(),
  kid: v.string(),
  typ: v.literal("JWT"),
  nonce: v.pipe(v.string(), v.minLength(minNonceLength)),
});

const claims = v.object({
  uris: v.array(v.string()),
  iat: v.optional(v.number()),
  nbf: v.number(),
  exp: v.number(),
});

/** @param now the current time in milliseconds */
export function createTokenCheck(cdpKeys: readonly CdpKey[], now: () => number = Date.now): CheckToken {
  const keys = new Map(cdpKeys.map(({ id, publicKey }) => [id, toKeyObject(publicKey)]));
  /** Each nonce that was accepted, with the time in seconds after which its token is dead anyway. */
  const used = new Map<string, number>();

  return async (authorization, request) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization ?? "")?.[1];
    if (token === undefined) return "The Authorization header holds no bearer token.";
    const header = parseHeader(token);
    if (header === undefined) {
      return `The token's header needs alg, kid, typ "JWT" and a nonce of at least ${minNonceLength} characters.`;
    }
    const key = keys.get(header.kid);
    if (key === undefined) return "The token's kid is not a known key.";

    const seconds = now() / 1000;
    let verified: JWTPayload;
    try {
      ({ payload: verified } = await jwtVerify(token, key, {
        algorithms: [key.asymmetricKeyType === "ed25519" ? "EdDSA" : "ES256"],
        issuer: "cdp",
        subject: header.kid,
        requiredClaims: ["exp", "nbf", "uris"],
        currentDate: new Date(now()),
      }));
    } catch (error) {
      if (error instanceof errors.JOSEError) return `The token is not valid: ${error.message}.`;
      throw error;
    }

    const parsed = v.safeParse(claims, verified);
    if (!parsed.success) return "The token's claims are malformed.";
    const { uris, exp, nbf, iat = nbf } = parsed.output;
    if (exp - Math.min(nbf, iat) > maxLifetimeSeconds) {
      return `The token lives longer than ${maxLifetimeSeconds} seconds.`;
    }
    const uri = `${request.method} ${request.host}${request.path}`;
    if (uris.length !== 1 || uris[0] !== uri) return `The token's uris are not exactly ["${uri}"].`;

    for (const [nonce, deadAfter] of used) if (deadAfter < seconds) used.delete(nonce);
    const nonce = `${header.kid} ${header.nonce}`;
    if (used.has(nonce)) return "The token, or its nonce, was used before.";
    used.set(nonce, exp);
    return null;
  };
}

function parseHeader(token: string) {
  try {
    return v.parse(protectedHeader, decodeProtectedHeader(token));
  } catch {
    return undefined;
  }
}

function toKeyObject(key: KeyObject | JsonWebKey): KeyObject {
  return key instanceof KeyObject ? key : createPublicKey({ key, format: "jwk" });
}
