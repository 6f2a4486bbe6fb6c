/** The invoice token: whoever holds a key can issue one, and nobody else can change a bit of it. */

import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INVOICE_ID_BYTES, invoiceNonce, mintInvoice, readInvoice } from "../../protocol/invoice.ts";
import { keyById, signingKey } from "../../protocol/keys.ts";
import { usdc } from "../../protocol/money.ts";
import { anyBytes, anyHex, anyText } from "../builders/arbitrary.ts";
import { hmacKey } from "../builders/keys.ts";

const key = hmacKey(7);
const quote = {
  id: new Uint8Array(INVOICE_ID_BYTES).fill(0xab),
  fingerprint: `0x${"5a".repeat(32)}`,
  price: usdc(4_200_000n),
  expiresAt: 1_800_000_600,
} as const;
const token = mintInvoice(quote, key);
const PREFIX = "inv_";
const refused = { ok: false, reason: "invoice_invalid" };

const anyQuote = fc.record({
  id: anyBytes(INVOICE_ID_BYTES),
  fingerprint: anyHex(32),
  price: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(usdc),
  expiresAt: fc.nat({ max: 2 ** 32 - 1 }),
});
const anyKey = fc.tuple(fc.nat({ max: 255 }), anyBytes(32)).map(([id, secret]) => ({ id, secret }));

describe("an invoice token", () => {
  test("says what was quoted, in 100 characters", () => {
    fc.assert(
      fc.property(anyQuote, anyKey, (quoted, key) => {
        const token = mintInvoice(quoted, key);
        expect(token).toMatch(/^inv_[A-Za-z0-9_-]{96}$/);
        expect(readInvoice(token, [key])).toEqual({
          ok: true,
          value: { ...quoted, id: Buffer.from(quoted.id).toString("hex") },
        });
      }),
    );
  });

  test("is refused when any one bit is flipped", () => {
    const bytes = Buffer.from(token.slice(PREFIX.length), "base64url");
    const everyKey = Array.from({ length: 256 }, (_, id) => hmacKey(id));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(readInvoice(PREFIX + flipped.toString("base64url"), everyKey), `bit ${bit}`).toEqual(refused);
    }
  });

  test("of another version is refused, even with a right MAC", () => {
    const signed = Buffer.from(token.slice(PREFIX.length), "base64url").subarray(0, 56);
    const write = (version: number) => {
      signed.writeUInt8(version, 0);
      const mac = createHmac("sha256", key.secret).update("edge402 invoice").update(signed).digest();
      return PREFIX + Buffer.concat([signed, mac.subarray(0, 16)]).toString("base64url");
    };
    expect(write(1)).toBe(token);
    expect(readInvoice(write(2), [key])).toEqual(refused);
  });

  test("is refused under another secret of the same id", () => {
    fc.assert(
      fc.property(anyBytes(32), (secret) => {
        fc.pre(Buffer.compare(secret, key.secret) !== 0);
        expect(readInvoice(token, [{ id: key.id, secret }])).toEqual(refused);
      }),
    );
  });

  test("is refused when no key has its id, or there is no key at all", () => {
    expect(readInvoice(token, [hmacKey(8)])).toEqual(refused);
    expect(readInvoice(token, [])).toEqual(refused);
  });

  test("outlives the rotation of its key for as long as the old key is listed", () => {
    const [fresh, old] = [hmacKey(8), key];
    const rotated = [fresh, old];
    expect(readInvoice(token, rotated).ok).toBe(true);
    expect(readInvoice(mintInvoice(quote, signingKey(rotated)), rotated).ok).toBe(true);
    expect(readInvoice(token, [fresh])).toEqual(refused);
  });

  test("is still read when it has expired: it proves who was quoted", () => {
    expect(readInvoice(mintInvoice({ ...quote, expiresAt: 0 }, key), [key])).toMatchObject({
      value: { expiresAt: 0 },
    });
  });

  test.each([
    "",
    PREFIX,
    token.slice(0, -1),
    `${token}A`,
    `${token}=`,
    `${token}\n`,
    ` ${token}`,
    token.slice(PREFIX.length),
    token.toUpperCase(),
    `INV_${token.slice(PREFIX.length)}`,
    `${PREFIX}${"A".repeat(96)}`,
    `${PREFIX}${"A".repeat(1_000_000)}`,
    `${PREFIX}${"🛰".repeat(24)}`,
  ])("is not %#: another spelling, length or alphabet", (hostile) => {
    expect(readInvoice(hostile, [key])).toEqual(refused);
  });

  test("is never found in a hostile string, and none makes the reader throw", () => {
    const base64Url = fc
      .uint8Array({ maxLength: 80 })
      .map((bytes) => Buffer.from(bytes).toString("base64url"));
    fc.assert(
      fc.property(fc.oneof(anyText, base64Url), fc.boolean(), (text, prefixed) => {
        expect(readInvoice(prefixed ? PREFIX + text : text, [key])).toEqual(refused);
      }),
      { numRuns: 500 },
    );
  });
});

describe("an invoice's nonce", () => {
  test("is 32 bytes that differ for every token and do not hold any of it", () => {
    const nonce = invoiceNonce(token);
    expect(nonce).toMatch(/^0x[0-9a-f]{64}$/);
    expect(invoiceNonce(token)).toBe(nonce);
    expect(invoiceNonce(mintInvoice({ ...quote, id: new Uint8Array(INVOICE_ID_BYTES) }, key))).not.toBe(
      nonce,
    );
    const tokenHex = Buffer.from(token.slice(PREFIX.length), "base64url").toString("hex");
    expect(tokenHex).not.toContain(nonce.slice(2, 18));
  });
});

describe("keys", () => {
  test("the first signs, and each is found by its id", () => {
    const keys = [hmacKey(3), hmacKey(1)];
    expect(signingKey(keys)).toBe(keys[0]);
    expect(keyById(keys, 1)).toBe(keys[1]);
    for (const id of [2, -1, Number.NaN, 3.5]) expect(keyById(keys, id)).toBeUndefined();
  });

  test("to sign without any is a fault", () => {
    expect(() => signingKey([])).toThrow("no signing key");
  });
});
