/** The claims of a grant, whatever was signed, are read as the schema read them. */

import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { GRANT_AUDIENCE, GRANT_ISSUER, GRANT_SECONDS, type Grant } from "../../../protocol/grant.ts";
import { verifyGrant } from "../../../protocol/grant-reader.ts";
import { signJwt } from "../../../protocol/jwt.ts";
import { macBy } from "../../../protocol/keys.ts";
import { hmacKey } from "../../builders/keys.ts";
import { changed } from "../../builders/mutations.ts";
import { type Json, NOW } from "../../builders/payment.ts";
import * as schemas from "./schemas.ts";

const key = hmacKey(1);
const WORD = `0x${"ab".repeat(32)}`;
const ADDRESS = `0x${"cd".repeat(20)}`;

const pay = {
  ver: 2,
  net: "eip155:8453",
  from: ADDRESS,
  to: ADDRESS,
  value: "4200000",
  after: "0",
  before: "1800000060",
  nonce: WORD,
  inv: "0123456789abcdef0123",
  keys: [WORD],
  settlement: { state: "settled", transaction: WORD },
  ms: { verify: 12.5, settle: 340 },
};
const claims = { jti: "Zm9vYmFyYmF6cXV4", fp: WORD };

function paying(changes: Readonly<Record<string, Json>>): Json {
  return { ...claims, pay: { ...pay, ...changes } };
}

function proven(changes: Readonly<Record<string, Json>>): Json {
  return { ...claims, proof: { tx: WORD, inv: "an-invoice", by: ADDRESS, ...changes } };
}

const settlements: readonly Json[] = [
  { state: "unknown", signature: WORD },
  { state: "verified", signature: WORD },
  { state: "deferred", signature: WORD },
  { state: "spent" },
  { state: "contested" },
  { state: "lookup", code: "payment_expired" },
];
const good: readonly Json[] = [
  claims,
  { ...claims, pay },
  proven({}),
  proven({ inv: null, by: null }),
  ...settlements.map((settlement) => paying({ inv: null, keys: [], ms: {}, settlement })),
  paying({ keys: [WORD, WORD] }),
  proven({ inv: "x".repeat(128) }),
];
const bad: readonly Json[] = [
  paying({ keys: [WORD, WORD, WORD] }),
  paying({ more: 1 }),
  paying({ ms: { more: 1 } }),
  paying({ settlement: { state: "spent", code: "payment_expired" } }),
  paying({ settlement: { state: "settled", signature: WORD } }),
  proven({ inv: "x".repeat(129) }),
  proven({ more: 1 }),
  { ...claims, jti: "short" },
];

function before(json: Json): Grant | undefined {
  const parsed = v.safeParse(schemas.claims, json);
  if (!parsed.success) return undefined;
  const { jti, fp, pay: payment, proof } = parsed.output;
  const common = { id: jti, fingerprint: fp };
  if (proof !== undefined) {
    const granted = { transaction: proof.tx, invoice: proof.inv, signedBy: proof.by };
    return { ...common, payment: null, proof: granted };
  }
  if (payment === undefined) return { ...common, payment: null, proof: null };
  const { ver, net, from, to, value, after, before: until, nonce, inv, keys, settlement, ms } = payment;
  const authorization = { from, to, value, validAfter: after, validBefore: until, nonce };
  const timings = v.parse(
    v.object({ verify: v.exactOptional(v.number()), settle: v.exactOptional(v.number()) }),
    ms,
  );
  return {
    ...common,
    proof: null,
    payment: {
      x402Version: ver,
      network: net,
      authorization,
      invoiceId: inv,
      replayKeys: keys,
      settlement,
      timings,
    },
  };
}

async function now(json: Json): Promise<Grant | undefined> {
  const own = typeof json === "object" && json !== null ? json : {};
  const registered = { iss: GRANT_ISSUER, aud: GRANT_AUDIENCE, iat: NOW, exp: NOW + GRANT_SECONDS };
  const token = signJwt({ alg: "HS256", kid: "1" }, { ...own, ...registered }, (input) =>
    macBy(key)(Buffer.from(input, "latin1")),
  );
  const grant = await verifyGrant(token, [key], NOW);
  return grant.ok ? grant.value : undefined;
}

test("claims", async () => {
  for (const json of good) {
    expect(before(json)).toBeDefined();
    expect(await now(json)).toEqual(before(json));
  }
  for (const json of bad) expect([before(json), await now(json)]).toEqual([undefined, undefined]);
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.constantFrom(...good), changed(good), changed(good)), async (json) => {
      expect(await now(json)).toEqual(before(json));
    }),
    { numRuns: 1_500 },
  );
});
