/** Wallet proofs of every kind: the text is the official package's, what we accept it accepts, and nothing throws. */

import {
  createSIWxMessage,
  parseSIWxHeader,
  validateSIWxMessage,
  verifySIWxSignature,
} from "@x402/extensions/sign-in-with-x";
import fc from "fast-check";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { signInSchema, signInText } from "../../../protocol/extensions/eip4361.ts";
import { anyNetwork, anyText } from "../../builders/arbitrary.ts";
import { type Json, NOW, PAYER, pathsIn, replaceAt } from "../../builders/payment.ts";
import { encode, info, isoTime, PUBLIC_URL, sign, verdict } from "./wallet-proof.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1_000, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function textOf(characters: string, minLength: number) {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength: 40 });
}

/** One point in time in any of its RFC 3339 spellings. */
const anyTime = fc
  .tuple(fc.integer({ min: -400, max: 400 }), fc.constantFrom("Z", ".5Z", ".123456789Z", "+00:00", "-00:00"))
  .map(([offset, ending]) => isoTime(NOW + offset).replace(".000Z", ending));
const anyUri = textOf("aZ09-._~!$&'()*+,;=:@/?", 0).map((rest) => `${PUBLIC_URL}/${rest}`);

/** Every field as the grammar allows it. */
const anyFields = fc.record(
  {
    uri: anyUri,
    chainId: anyNetwork.map(({ caip2 }): string => caip2),
    nonce: textOf("aZ09", 8),
    issuedAt: anyTime,
    statement: textOf("aZ09 !#$&'()*+,-./:;=?@[]_~", 1),
    expirationTime: anyTime,
    notBefore: anyTime,
    requestId: textOf("aZ09-._~!$&'()*+,;=:@", 0),
    resources: fc.array(anyUri, { maxLength: 3 }),
  },
  { requiredKeys: ["uri", "chainId", "nonce", "issuedAt"] },
);

async function officialAccepts(header: string): Promise<boolean> {
  try {
    const payload = parseSIWxHeader(header);
    const { isValid } = await validateSIWxMessage(payload, new URL(PUBLIC_URL));
    return isValid && (await verifySIWxSignature(payload)).isValid;
  } catch {
    return false;
  }
}

describe("the message", () => {
  test("is the official package's text, for every field that its grammar allows", () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const { expirationTime: _, resources: __, ...rest } = info();
        const message = { ...rest, ...fields };
        const ours = v.parse(signInSchema, { ...message, address: PAYER.address });
        expect(signInText(ours)).toBe(createSIWxMessage(message, PAYER.address));
      }),
    );
  });
});

describe("a proof", () => {
  test("within the grammar is accepted when the official server would, but for its clock's tolerance", async () => {
    const counts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(anyFields, async (fields) => {
        const { expirationTime: _, resources: __, ...rest } = info();
        const message = { ...rest, ...fields };
        const signature = await PAYER.signMessage({ message: createSIWxMessage(message, PAYER.address) });
        const header = encode({ ...message, address: PAYER.address, signature });
        const isAtTheEdge = [fields.issuedAt, fields.notBefore, fields.expirationTime].some(
          (time) => time !== undefined && Math.abs(Date.parse(time) / 1_000 - NOW) <= 5,
        );
        fc.pre(!isAtTheEdge);
        const accepted = verdict(header) === "ok";
        expect(accepted).toBe(await officialAccepts(header));
        counts[accepted ? "accepted" : "refused"]++;
      }),
      { numRuns: 60 },
    );
    expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(0);
  });

  test("is not accepted with any field replaced by something hostile, unless nobody reads that field", async () => {
    const proof: Json = JSON.parse(JSON.stringify(await sign()));
    const anyPath = fc.constantFrom(...pathsIn(proof));
    const anyValue = fc.oneof(
      fc.jsonValue().map((value): Json => JSON.parse(JSON.stringify(value))),
      anyText,
      fc.constantFrom<Json>("__proto__", "\n", "", "0x", null, [], {}),
    );
    fc.assert(
      fc.property(anyPath, anyValue, (path, value) => {
        const changed = replaceAt(proof, path, value);
        fc.pre(JSON.stringify(changed) !== JSON.stringify(proof));
        expect(verdict(encode(changed))).not.toBe("ok");
      }),
      { numRuns: 500 },
    );
  });

  test("is never read with a throw, whatever the header", () => {
    const anyHeader = fc.oneof(anyText, anyText.map(encode), fc.jsonValue().map(encode), fc.base64String());
    fc.assert(
      fc.property(anyHeader, (header) => {
        expect(verdict(header)).toMatch(/^(?:not_base64|not_json|malformed)$/);
      }),
      { numRuns: 500 },
    );
  });
});
