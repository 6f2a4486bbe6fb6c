/** SHA-256 and HMAC-SHA-256 against node:crypto and published vectors. */

import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hmacSha256, sha256, sha256Hex } from "../../protocol/sha256.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => Buffer.from(text, "latin1");
const native = (message: Uint8Array) => createHash("sha256").update(message).digest("hex");
const nativeMac = (key: Uint8Array, message: Uint8Array) =>
  createHmac("sha256", key).update(message).digest("hex");

const counted = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 167 + length) & 0xff);

describe("SHA-256", () => {
  test.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("is FIPS 180's for its vectors (%#)", (text, digest) => {
    expect(hex(sha256(bytes(text)))).toBe(digest);
  });

  test("is node:crypto's for each length of up to five blocks", () => {
    for (let length = 0; length <= 5 * 64; length++) {
      expect(hex(sha256(counted(length)))).toBe(native(counted(length)));
    }
  });

  test.each([
    32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 40_960,
  ])("is node:crypto's where %i bytes are taken in by pieces", (length) => {
    expect(hex(sha256(counted(length)))).toBe(native(counted(length)));
  });

  test("is node:crypto's for any bytes, whatever was hashed before", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (message) => {
        expect(hex(sha256(message))).toBe(native(message));
      }),
    );
  });

  test("of a text is that of its UTF-8, however long it is", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.nat({ max: 40_000 }).map((length) => "\u20ac".repeat(length)),
    );
    fc.assert(
      fc.property(texts, (message) => {
        expect(sha256Hex(message)).toBe(`0x${native(Buffer.from(message, "utf8"))}`);
        expect(sha256Hex(Buffer.from(message, "utf8"))).toBe(sha256Hex(message));
      }),
    );
  });

  test("gives each digest memory of its own", () => {
    const first = sha256(bytes("abc"));
    const before = hex(first);
    sha256(bytes("abd"));
    expect(hex(first)).toBe(before);
  });
});

describe("HMAC-SHA-256", () => {
  // RFC 4231, section 4: cases 1, 2, 3, 6 and 7.
  test.each([
    ["0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      "4a656665",
      "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      "aa".repeat(20),
      "\u00dd".repeat(50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ],
    [
      "aa".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      "aa".repeat(131),
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ])("is RFC 4231's for its vectors (%#)", (key, text, mac) => {
    expect(hex(hmacSha256(Buffer.from(key, "hex"))(bytes(text)))).toBe(mac);
  });

  test("is node:crypto's for any key and message, and with several keys in turn", () => {
    const part = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(part, part, part, part, (key, otherKey, message, otherMessage) => {
        const [mac, other] = [hmacSha256(key), hmacSha256(otherKey)];
        expect(hex(mac(message))).toBe(nativeMac(key, message));
        expect(hex(other(otherMessage))).toBe(nativeMac(otherKey, otherMessage));
        expect(hex(mac(otherMessage))).toBe(nativeMac(key, otherMessage));
      }),
    );
  });
});
