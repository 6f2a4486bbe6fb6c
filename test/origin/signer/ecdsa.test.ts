/** What key stores answer is read strictly, and becomes a signature that the token takes. */

import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountOfSpki, parseDerSignature, recoverableSignature } from "../../../origin/signer/ecdsa.ts";
import { recoverSigner } from "../../../protocol/eip3009.ts";
import { bytesToHex } from "../../../protocol/hex.ts";
import { anyBytes } from "../../builders/arbitrary.ts";
import { derElement, encodeDerSignature, integerBytes, newOpensslKey, ORDER } from "./openssl-key.ts";

const anyScalar = fc.bigInt({ min: 1n, max: ORDER - 1n });
const key = newOpensslKey();

test("the tests' key makes signatures that OpenSSL takes for its own", () => {
  const message = Buffer.from("a message");
  const digest = createHash("sha256").update(message).digest();
  for (const s of ["low", "high"] as const) {
    expect(verify("sha256", message, key.publicKey, key.signDigest(digest, s))).toBe(true);
  }
});

describe("a DER signature", () => {
  test("is read as the r and s that were written", () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, (r, s) => {
        expect(parseDerSignature(encodeDerSignature(r, s))).toMatchObject({ r, s });
      }),
    );
  });

  test("by OpenSSL leads back to its key's account, whatever its s", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (message) => {
        const signature = parseDerSignature(sign("sha256", message, key.privateKey));
        if (signature === undefined) return expect.unreachable();
        const digest = createHash("sha256").update(message).digest();
        const recoverable = recoverableSignature(digest, signature, key.address);
        if (recoverable === undefined) return expect.unreachable();
        expect(recoverSigner(digest, recoverable)).toBe(key.address);
      }),
    );
  });

  test("has one encoding only: random bytes, and real ones with a change, are refused or read back exactly", () => {
    const real = fc.tuple(anyScalar, anyScalar).map(([r, s]) => encodeDerSignature(r, s));
    const spliced = fc
      .tuple(real, fc.nat(72), fc.nat(4), fc.uint8Array({ maxLength: 4 }))
      .map(([der, at, removed, added]) =>
        Uint8Array.of(...der.subarray(0, at), ...added, ...der.subarray(at + removed)),
      );
    const shaped = fc
      .array(fc.uint8Array({ minLength: 0, maxLength: 35 }), { minLength: 1, maxLength: 3 })
      .map((integers) => sequence(...integers.map((content) => derElement(0x02, [...content]))));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), spliced, shaped), (der) => {
        const signature = parseDerSignature(der);
        if (signature === undefined) return;
        expect(encodeDerSignature(signature.r, signature.s)).toEqual(der);
      }),
      { numRuns: 2_000 },
    );
  });

  test("may not be followed by anything, nor hold anything more", () => {
    const any = fc.tuple(anyScalar, anyScalar, fc.uint8Array({ minLength: 1 }));
    fc.assert(
      fc.property(any, ([r, s, extra]) => {
        expect(parseDerSignature(Uint8Array.of(...encodeDerSignature(r, s), ...extra))).toBeUndefined();
        const [one, two] = [derElement(0x02, integerBytes(r)), derElement(0x02, integerBytes(s))];
        expect(parseDerSignature(sequence(one, two, [...extra]))).toBeUndefined();
      }),
    );
  });

  const one = derElement(0x02, [1]);
  test.each([
    ["nothing", Uint8Array.of()],
    ["a cut", encodeDerSignature(5n, 7n).subarray(0, -1)],
    ["a negative r", sequence(derElement(0x02, [0x80]), one)],
    ["a negative s", sequence(one, derElement(0x02, [0xff, 0xff]))],
    ["an r of zero", encodeDerSignature(0n, 1n)],
    ["an s of zero", encodeDerSignature(1n, 0n)],
    ["an r as great as the order", encodeDerSignature(ORDER, 1n)],
    ["an s as great as the order", encodeDerSignature(1n, ORDER)],
    ["an s of 33 bytes", encodeDerSignature(1n, 2n ** 256n)],
    ["an s of 40 bytes", encodeDerSignature(1n, 2n ** 312n)],
    ["a needless leading zero", sequence(one, derElement(0x02, [0, 1]))],
    ["an integer without bytes", sequence(one, derElement(0x02, []))],
    ["one integer", sequence(one)],
    ["three integers", sequence(one, one, one)],
    ["other tags than INTEGER", sequence(one, derElement(0x04, [1]))],
    ["another tag than SEQUENCE", Uint8Array.from(derElement(0x31, [...one, ...one]))],
    ["a long-form length", Uint8Array.of(0x30, 0x81, 6, ...one, ...one)],
    ["an indefinite length", Uint8Array.of(0x30, 0x80, ...one, ...one, 0, 0)],
    ["a length of four gigabytes", Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, ...one, ...one)],
    ["a megabyte", new Uint8Array(1_000_000).fill(0x30)],
  ])("is not one with %s", (_, der) => {
    expect(parseDerSignature(der)).toBeUndefined();
  });
});

describe("a recoverable signature", () => {
  const digest = createHash("sha256").update("a digest").digest();

  test.each(["low", "high"] as const)("has a low s when the key store answers with a %s one", (form) => {
    const signature = parseDerSignature(key.signDigest(digest, form));
    if (signature === undefined) return expect.unreachable();
    expect(signature.s > ORDER / 2n).toBe(form === "high");
    const recoverable = recoverableSignature(digest, signature, key.address) ?? "";
    expect(BigInt(`0x${recoverable.slice(66, 130)}`)).toBeLessThanOrEqual(ORDER / 2n);
    expect(["1b", "1c"]).toContain(recoverable.slice(130));
  });

  test("is undefined for numbers that the account did not sign", () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, anyBytes(32), (r, s, other) => {
        expect(recoverableSignature(other, { r, s }, key.address)).toBeUndefined();
      }),
    );
  });
});

describe("an SPKI public key", () => {
  test("has its key's account, whoever made it", () => {
    for (let i = 0; i < 20; i++) {
      const { spki, address } = newOpensslKey();
      expect(accountOfSpki(spki)).toBe(address);
    }
  });

  test("with any byte of its form changed is refused, and with any of its point changed is off the curve", () => {
    for (let at = 0; at < key.spki.length; at++) {
      const changed = Uint8Array.from(key.spki, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(accountOfSpki(changed), `byte ${at} of ${bytesToHex(key.spki)}`).toBeUndefined();
    }
  });

  test("is refused with bytes after it or missing, and random bytes never throw", () => {
    expect(accountOfSpki(Uint8Array.of(...key.spki, 0))).toBeUndefined();
    expect(accountOfSpki(key.spki.subarray(0, -1))).toBeUndefined();
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), anyBytes(88)), (der) => {
        expect(accountOfSpki(der)).toBeUndefined();
      }),
    );
  });

  test.each([
    ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" })],
    ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["Ed25519", generateKeyPairSync("ed25519")],
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ])("of %s is refused", (_, { publicKey }) => {
    expect(accountOfSpki(publicKey.export({ format: "der", type: "spki" }))).toBeUndefined();
  });
});

function sequence(...elements: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(derElement(0x30, elements.flat()));
}
