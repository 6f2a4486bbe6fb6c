/** `payment-identifier`, with the official server, client and validator as the oracle. */

import {
  appendPaymentIdentifierToExtensions,
  declarePaymentIdentifierExtension,
  isValidPaymentId,
  PAYMENT_IDENTIFIER,
  validatePaymentIdentifier,
} from "@x402/extensions/payment-identifier";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  PAYMENT_IDENTIFIER as OUR_KEY,
  paymentIdentifierDeclaration,
  readPaymentIdentifier,
} from "../../../protocol/extensions/payment-identifier.ts";
import { anyText } from "../../builders/arbitrary.ts";

const ID = "pay_7d5d747be160e280";
const MALFORMED = { ok: false, reason: "payment_identifier_malformed" };

/** What a client has after it parsed our challenge. */
function declared() {
  const extensions: Record<string, unknown> = JSON.parse(JSON.stringify(paymentIdentifierDeclaration));
  return extensions;
}

function echoed(extension: unknown) {
  return { ...declared(), [PAYMENT_IDENTIFIER]: extension };
}

const anyId = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."AZaz09_-"), minLength: 10, maxLength: 135 }),
  fc.string({ unit: fc.constantFrom(..."Az0_-. \n"), minLength: 14, maxLength: 20 }),
  fc.string({ minLength: 16, maxLength: 128 }),
  anyText,
);

describe("the declaration", () => {
  test("is the official server's for an identifier that is not required", () => {
    expect(OUR_KEY).toBe(PAYMENT_IDENTIFIER);
    expect(paymentIdentifierDeclaration).toEqual({
      [PAYMENT_IDENTIFIER]: declarePaymentIdentifierExtension(false),
    });
  });
});

describe("the identifier of a payment", () => {
  test("is what the official client appended to our declaration", () => {
    expect(readPaymentIdentifier(appendPaymentIdentifierToExtensions(declared(), ID))).toEqual({
      ok: true,
      value: ID,
    });
  });

  test("is one of the official client's own making", () => {
    const result = readPaymentIdentifier(appendPaymentIdentifierToExtensions(declared()));
    expect(result).toEqual({ ok: true, value: expect.stringMatching(/^pay_[0-9a-f]{32}$/) });
  });

  test.each([
    ["no extensions", undefined],
    ["null for extensions", null],
    ["other extensions only", { bazaar: { info: {} } }],
    ["null for the extension", { [PAYMENT_IDENTIFIER]: null }],
    ["the declaration as it was", declared()],
  ])("is none in %s", (_, extensions) => {
    expect(readPaymentIdentifier(extensions)).toEqual({ ok: true, value: null });
  });

  test("is accepted and rejected as the official validator does", () => {
    let accepted = 0;
    fc.assert(
      fc.property(anyId, (id) => {
        const extension = { ...declarePaymentIdentifierExtension(), info: { required: false, id } };
        const result = readPaymentIdentifier(echoed(extension));
        const valid = isValidPaymentId(id);
        expect(result).toEqual(valid ? { ok: true, value: id } : MALFORMED);
        if (valid) accepted++;
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  test("stands in an extension of the shape that the official validator takes, and in no other", () => {
    const anyInfo = fc.oneof(
      fc.record(
        { required: fc.boolean(), id: fc.oneof(fc.constant(ID), fc.jsonValue()) },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    );
    const anyExtension = fc.oneof(fc.record({ info: anyInfo }), fc.jsonValue());
    fc.assert(
      fc.property(anyExtension, (extension) => {
        fc.pre(extension !== null);
        const { valid } = validatePaymentIdentifier(extension);
        expect(readPaymentIdentifier(echoed(extension)).ok).toBe(valid);
      }),
      { numRuns: 500 },
    );
  });

  test("is read whatever schema the client echoes beside it", () => {
    const extension = { info: { required: false, id: ID }, schema: { type: "string" } };
    expect(readPaymentIdentifier(echoed(extension))).toEqual({ ok: true, value: ID });
  });

  test("is never looked for with a throw, nor found in what is no object of extensions", () => {
    fc.assert(
      fc.property(fc.anything(), (extensions) => {
        fc.pre(extensions !== null && extensions !== undefined);
        const result = readPaymentIdentifier(extensions);
        expect(result).toEqual(typeof extensions === "object" ? { ok: true, value: null } : MALFORMED);
      }),
    );
  });
});
