/**
 * The x402 v2 extension `payment-identifier`: a client names its payment, so that sending it again is known to be a
 * repeat. Declared in the challenge's `extensions`, read from the payment's.
 */

import * as v from "valibot";
import { fail, ok, type Result } from "../result.ts";

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

/** The `schema` that a client echoes beside `info` is its own to choose, so it is not read. */
const extensionsSchema = v.nullish(
  v.object({
    [PAYMENT_IDENTIFIER]: v.nullish(
      v.object({
        info: v.object({
          required: v.boolean(),
          id: v.exactOptional(
            v.pipe(
              v.string(),
              v.minLength(MIN_LENGTH),
              v.maxLength(MAX_LENGTH),
              v.regex(new RegExp(PATTERN)),
            ),
          ),
        }),
      }),
    ),
  }),
);

/**
 * The identifier in a v2 payment's `extensions`, or null when it brings none. A malformed one is a fault rather than
 * none: its sender counts on it, and would pay believing that a repeat is safe.
 */
export function readPaymentIdentifier(
  extensions: unknown,
): Result<string | null, "payment_identifier_malformed"> {
  const parsed = v.safeParse(extensionsSchema, extensions, { abortEarly: true });
  if (!parsed.success) return fail("payment_identifier_malformed");
  return ok(parsed.output?.[PAYMENT_IDENTIFIER]?.info.id ?? null);
}
