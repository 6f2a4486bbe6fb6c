import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  type UsageExpectation,
  type UsageRecord,
  type UsageRejection,
  verifyUsageRecord,
} from "../../../origin/usage/verify.ts";
import { type UsageKeySet, usageKeySetSchema } from "../../../protocol/usage.ts";

const NOW = 1_793_700_000;
const ISSUER = "https://usage.example.com";
const ESIM = "25091113270004";

/** Written by hand, not with the library that verifies: header and payload may be anything. */
function jws(header: unknown, payload: string | Buffer, key: KeyObject, hash = "sha256"): string {
  const part = (data: string | Buffer) => Buffer.from(data).toString("base64url");
  const signed = `${part(JSON.stringify(header))}.${part(payload)}`;
  const signature = sign(hash, Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
  return `${signed}.${part(signature)}`;
}

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });

function keySet(...entries: (readonly [string, KeyObject])[]): UsageKeySet {
  return v.parse(usageKeySetSchema, {
    keys: entries.map(([kid, key]) => ({ ...key.export({ format: "jwk" }), kid })),
  });
}

const header = { alg: "ES256", typ: "usage+jws", kid: "1" };
const claims = { iss: ISSUER, sub: ESIM, iat: NOW - 10, seq: 7, used_bytes: "5000" };
const previous: UsageRecord = { esimTranNo: ESIM, sequence: 6, usedBytes: 5_000n, measuredAt: NOW - 10 };
const expected: UsageExpectation = {
  keys: keySet(["1", publicKey], ["2", stranger.publicKey]),
  issuer: ISSUER,
  esimTranNo: ESIM,
  previous,
  now: NOW,
};

const signed = (change: object = {}, headerChange: object = {}, key = privateKey) =>
  jws({ ...header, ...headerChange }, JSON.stringify({ ...claims, ...change }), key);

async function reasonOf(record: string, change: Partial<UsageExpectation> = {}) {
  const result = await verifyUsageRecord(record, { ...expected, ...change });
  return result.ok ? "accepted" : result.reason;
}

describe("a usage record", () => {
  test("that is signed, for this eSIM and the next of its kind counts", async () => {
    expect(await verifyUsageRecord(signed(), expected)).toEqual({
      ok: true,
      value: { esimTranNo: ESIM, sequence: 7, usedBytes: 5_000n, measuredAt: NOW - 10 },
    });
  });

  test("that is the first needs none before it", async () => {
    expect(await reasonOf(signed({ seq: 3 }), { previous: null })).toBe("accepted");
  });

  test("may leave numbers out: one that was lost is no fault of the next", async () => {
    expect(await reasonOf(signed({ seq: 900 }))).toBe("accepted");
  });

  test.each([
    ["another issuer's", { iss: "https://usage.example.org" }, "issuer_mismatch"],
    ["about another eSIM", { sub: "25091113270005" }, "subject_mismatch"],
    ["from the future", { iat: NOW + 61 }, "from_the_future"],
    ["numbered like the last but different", { seq: 6, used_bytes: "5001" }, "sequence_not_increasing"],
    ["older than the last", { seq: 5 }, "sequence_not_increasing"],
    ["of less data than before", { used_bytes: "4999" }, "bytes_decreasing"],
    ["of an earlier time than before", { iat: NOW - 11 }, "time_decreasing"],
    ["numbered zero", { seq: 0 }, "claims_malformed"],
    ["numbered 7.5", { seq: 7.5 }, "claims_malformed"],
    ["numbered beyond JSON's whole numbers", { seq: 2 ** 53 }, "claims_malformed"],
    ["of negative data", { used_bytes: "-1" }, "claims_malformed"],
    ["of data in a number", { used_bytes: 5_000 }, "claims_malformed"],
    ["of data with leading zeros", { used_bytes: "05000" }, "claims_malformed"],
    ["of more data than there is", { used_bytes: "9".repeat(20) }, "claims_malformed"],
    ["without a time", { iat: undefined }, "claims_malformed"],
    ["for several eSIMs", { sub: [ESIM] }, "claims_malformed"],
  ] satisfies [
    string,
    object,
    UsageRejection,
  ][])("that is %s does not count", async (_what, change, reason) => {
    expect(await reasonOf(signed(change))).toBe(reason);
  });

  test("may be as far ahead as clocks differ", async () => {
    expect(await reasonOf(signed({ iat: NOW + 60 }))).toBe("accepted");
  });

  test("that is fetched twice is a duplicate, whatever its signature's bytes are", async () => {
    const again = signed({ seq: 6 });
    expect(signed({ seq: 6 })).not.toBe(again);
    expect(await reasonOf(again)).toBe("duplicate");
  });

  test.each([
    ["signed with another key of the set", () => signed({}, {}, stranger.privateKey), "signature_invalid"],
    ["under a key that the set has not", () => signed({}, { kid: "3" }), "key_unknown"],
    ["under no key", () => signed({}, { kid: undefined }), "malformed"],
    ["without its type", () => signed({}, { typ: "JWT" }), "malformed"],
    [
      "unsigned",
      () => `${signed({}, { alg: "none" }).split(".").slice(0, 2).join(".")}.`,
      "algorithm_refused",
    ],
    ["with an algorithm for shared secrets", () => signed({}, { alg: "HS256" }), "algorithm_refused"],
    ["with an extension that must be understood", () => signed({}, { crit: ["exp"] }), "malformed"],
    ["with its payload left unencoded", () => signed({}, { b64: false, crit: ["b64"] }), "malformed"],
    [
      "bringing its own key along",
      () => signed({}, { jwk: stranger.publicKey.export({ format: "jwk" }) }, stranger.privateKey),
      "signature_invalid",
    ],
    ["of two parts", () => signed().split(".").slice(0, 2).join("."), "malformed"],
    ["of four parts", () => `${signed()}.x`, "malformed"],
    ["empty", () => "", "malformed"],
    ["longer than any", () => signed({ note: "x".repeat(2_048) }), "too_long"],
    ["no text inside", () => jws(header, Buffer.from([0xff, 0xfe]), privateKey), "signature_invalid"],
    ["no JSON inside", () => jws(header, "usage", privateKey), "claims_malformed"],
    ["a list inside", () => jws(header, "[]", privateKey), "claims_malformed"],
  ] satisfies [
    string,
    () => string,
    UsageRejection,
  ][])("that is %s does not count", async (_what, record, reason) => {
    expect(await reasonOf(record())).toBe(reason);
  });

  test("with any one character changed does not count", async () => {
    const record = signed();
    const last = record.length - 1;
    await fc.assert(
      fc.asyncProperty(
        // The last character carries bits that mean nothing.
        fc.integer({ min: 0, max: last - 1 }),
        fc.constantFrom(..."ABCxyz012-_."),
        async (at, character) => {
          fc.pre(record[at] !== character);
          const changed = record.slice(0, at) + character + record.slice(at + 1);
          expect(await reasonOf(changed)).not.toBe("accepted");
        },
      ),
    );
  });

  test("of any text at all gets a reason and no exception", async () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.json(), fc.json(), fc.string())
        .map((parts) => parts.map((part) => Buffer.from(part).toString("base64url")).join(".")),
    );
    await fc.assert(
      fc.asyncProperty(text, async (record) => {
        expect(await reasonOf(record)).not.toBe("accepted");
      }),
    );
  });

  test("with any claims that are signed counts only if it goes on where the last one ended", async () => {
    const anyClaims = fc.record(
      {
        iss: fc.constantFrom(ISSUER, "x"),
        sub: fc.constantFrom(ESIM, "x"),
        iat: fc.oneof(fc.integer({ min: NOW - 100, max: NOW + 100 }), fc.jsonValue()),
        seq: fc.oneof(fc.integer({ min: -1, max: 10 }), fc.jsonValue()),
        used_bytes: fc.oneof(fc.integer({ min: 4_990, max: 5_010 }).map(String), fc.jsonValue()),
      },
      { requiredKeys: ["iss"] },
    );
    await fc.assert(
      fc.asyncProperty(anyClaims, async (payload) => {
        const result = await verifyUsageRecord(jws(header, JSON.stringify(payload), privateKey), expected);
        if (!result.ok) return;
        expect(payload).toMatchObject({ iss: ISSUER, sub: ESIM });
        expect(result.value.sequence).toBeGreaterThan(previous.sequence);
        expect(result.value.usedBytes).toBeGreaterThanOrEqual(previous.usedBytes);
        expect(result.value.measuredAt).toBeLessThanOrEqual(NOW + 60);
      }),
      { numRuns: 300 },
    );
  });
});

test("a key whose point is on no curve verifies nothing", async () => {
  const [key] = expected.keys.keys;
  const keys = v.parse(usageKeySetSchema, {
    keys: [{ ...key, y: Buffer.alloc(32, 7).toString("base64url") }],
  });
  expect(await reasonOf(signed(), { keys })).toBe("signature_invalid");
});
