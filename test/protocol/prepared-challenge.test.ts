/** A prepared challenge is the plain one, byte for byte, whatever is sold, to whom and when. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { challenge, prepareChallenge } from "../../protocol/challenge.ts";
import { bytesToHex } from "../../protocol/hex.ts";
import { INVOICE_ID_BYTES } from "../../protocol/invoice.ts";
import { usdc } from "../../protocol/money.ts";
import { challengeInput } from "../builders/challenge.ts";
import { hmacKey } from "../builders/keys.ts";

const plain = challengeInput();
const [base, ...otherNetworks] = plain.networks;
const [term] = plain.terms;

/** Texts that look like what is filled in, or mean something in a pattern or a replacement. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.constantFrom(
    `"nonce":"0x${"!".repeat(64)}"`,
    `0x${"!".repeat(64)}`,
    '"expires_at":9999999999',
    `inv_${"0".padStart(96, "!")}`,
    "$& $1 $` \\u0000 \u{1f4f6} \u2028",
  ),
);

const terms = fc.record({
  description: text,
  mimeType: text,
  resourceUrl: text,
  price: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(usdc),
  maxTimeoutSeconds: fc.integer({ min: 1, max: 3_600 }),
  upfront: fc.boolean(),
});

const issuing = fc.record({
  fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex),
  id: fc.uint8Array({ minLength: INVOICE_ID_BYTES, maxLength: INVOICE_ID_BYTES }),
  // Unix seconds of ten digits, as far as an invoice can have them: 2001 to 2106.
  now: fc.integer({ min: 1_000_000_000, max: 2 ** 32 - 1 - 3_600 }),
  invoiceTtlSeconds: fc.integer({ min: 1, max: 3_600 }),
});

test("is the plain one for any offers, and for one invoice after the other", () => {
  fc.assert(
    fc.property(
      fc.array(terms, { minLength: 1, maxLength: 12 }),
      fc.subarray(otherNetworks),
      text,
      fc.constantFrom("payment_required", "payment_rejected", "insufficient_funds"),
      fc.option(text, { nil: undefined }),
      fc.array(issuing, { minLength: 1, maxLength: 3 }),
      ([first, ...others], networks, serviceName, code, detail, times) => {
        const fixed = {
          networks: [base, ...networks] as const,
          terms: [first ?? term, ...others] as const,
          serviceName,
          code,
          details: detail === undefined ? {} : { detail },
        };
        const prepared = prepareChallenge(fixed);
        for (const { id, ...time } of times) {
          const counted = () => {
            let count = 0;
            return () => id.map((byte) => byte ^ count++);
          };
          const input = { ...time, invoiceKeys: [hmacKey(3)] };
          expect(prepared({ ...input, newInvoiceId: counted() })).toEqual(
            challenge({ ...fixed, ...input, newInvoiceId: counted() }),
          );
        }
      },
    ),
  );
});
