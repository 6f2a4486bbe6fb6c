/**
 * The x402 v2 extension `payment-identifier`: a client names its payment, so that sending it again is known to be a
 * repeat. Declared in the challenge's `extensions`, read from the payment's.
 */

import { attempt, fieldsOf, flag, nullish, object, optionalText } from "../fields.ts";
import { fail, type Result } from "../result.ts";
import type { TextRule } from "../rules.ts";

export const PAYMENT_IDENTIFIER = "payment-identifier";

/** Characters. */
const MIN_LENGTH = 16;
const MAX_LENGTH = 128;
const PATTERN = "^[a-zA-Z0-9_-]+$";

/** What a challenge's `extensions` hold to say that an identifier is understood, and not demanded. */
export const paymentIdentifierDeclaration = {
  [PAYMENT_IDENTIFIER]: {
    info: { required: false },
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        required: { type: "boolean" },
        id: { type: "string", minLength: MIN_LENGTH, maxLength: MAX_LENGTH, pattern: PATTERN },
      },
      required: ["required"],
    },
  },
} as const;

const identifierRule: TextRule<string> = {
  parse: (id) =>
    id.length >= MIN_LENGTH && id.length <= MAX_LENGTH && new RegExp(PATTERN).test(id) ? id : undefined,
  expected: `expected ${MIN_LENGTH} to ${MAX_LENGTH} of A-Z a-z 0-9 _ -`,
};

/**
 * The identifier in a v2 payment's `extensions`, or null when it brings none. A malformed one is a fault rather than
 * none: its sender counts on it, and would pay believing that a repeat is safe.
 */
export function readPaymentIdentifier(
  extensions: unknown,
): Result<string | null, "payment_identifier_malformed"> {
  const identifier = attempt(() => readIdentifier(extensions));
  return identifier.ok ? identifier : fail("payment_identifier_malformed");
}

/** The `schema` that a client echoes beside `info` is its own to choose, so it is not read. */
function readIdentifier(extensions: unknown): string | null {
  const declared = nullish(fieldsOf({ extensions }), "extensions", object);
  const own = declared && nullish(declared, PAYMENT_IDENTIFIER, object);
  if (own === undefined) return null;
  const info = object(own, "info");
  flag(info, "required");
  return optionalText(info, "id", identifierRule) ?? null;
}
