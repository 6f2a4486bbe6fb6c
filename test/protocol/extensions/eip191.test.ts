/** Personal messages: the digest and the signer are viem's, and what the token would refuse is refused here too. */

import fc from "fast-check";
import { hashMessage, recoverMessageAddress } from "viem";
import { describe, expect, test } from "vitest";
import { personalMessageDigest, recoverMessageSigner } from "../../../protocol/extensions/eip191.ts";
import { bytesToHex, type Hex } from "../../../protocol/hex.ts";
import { anyHex, anyText } from "../../builders/arbitrary.ts";
import { PAYER } from "../../builders/payment.ts";

const payer = PAYER.address.toLowerCase();

/** Signing is slow, and a few dozen texts are enough to see the two agree. */
const RUNS = { numRuns: 30 };

describe("the digest of a personal message", () => {
  test("is viem's, for every text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(bytesToHex(personalMessageDigest(text))).toBe(hashMessage(text));
      }),
    );
  });

  test("counts bytes, not characters", () => {
    expect(bytesToHex(personalMessageDigest("€".repeat(5)))).toBe(hashMessage("€".repeat(5)));
  });
});

describe("the signer of a personal message", () => {
  test("is the account that signed, as viem recovers it", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (message) => {
        const signature = await PAYER.signMessage({ message });
        expect(recoverMessageSigner(message, signature)).toBe(payer);
        expect((await recoverMessageAddress({ message, signature })).toLowerCase()).toBe(payer);
      }),
      RUNS,
    );
  });

  test("is recovered from a v written as 0 or 1", async () => {
    const seen = new Set<string>();
    for (const message of ["a", "b", "c", "d", "e", "f", "g", "h"]) {
      const signature = await PAYER.signMessage({ message });
      const v = signature.endsWith("1b") ? "00" : "01";
      seen.add(v);
      expect(recoverMessageSigner(message, `0x${signature.slice(2, -2)}${v}`)).toBe(payer);
    }
    expect([...seen].sort()).toEqual(["00", "01"]);
  });

  test("is somebody else for another text", async () => {
    const signature = await PAYER.signMessage({ message: "one" });
    expect(recoverMessageSigner("two", signature)).not.toBe(payer);
  });

  test.each<Hex>([
    "0x",
    "0x00",
    `0x${"00".repeat(65)}`,
    `0x${"ff".repeat(65)}`,
    `0x${"11".repeat(66)}`,
  ])("is nobody for %s", (signature) => {
    expect(recoverMessageSigner("text", signature)).toBeUndefined();
  });

  test("is asked for without a throw, whatever the signature", () => {
    fc.assert(
      fc.property(anyText, fc.nat(80).chain(anyHex), (text, signature) => {
        expect(recoverMessageSigner(text, signature)).not.toBe(payer);
      }),
    );
  });
});
