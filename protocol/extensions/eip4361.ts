/**
 * EIP-4361 messages ("Sign-In with Ethereum"): the fields in their strict grammar, and the very text that is signed.
 *
 * Every field is held to characters that can't end its line. Otherwise a text signed for one meaning could be taken
 * apart into other fields and mean another.
 */

import * as v from "valibot";
import { checksumAddress } from "../hex.ts";
import { addressSchema, caip2Schema } from "../schema.ts";

const PCHAR = "[A-Za-z0-9!$&'()*+,\\-.:;=@_~]|%[0-9A-Fa-f]{2}";
const REQUEST_ID = new RegExp(`^(?:${PCHAR})*$`);
const URI = new RegExp(`^[A-Za-z][A-Za-z0-9+.-]*:(?:${PCHAR}|[/?#[\\]])+$`);
const STATEMENT = /^[A-Za-z0-9 !#$&-;=?@[\]_~]+$/;
const NONCE = /^[A-Za-z0-9]{8,}$/;
const HOUR_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";
const RFC_3339 = new RegExp(
  `^([0-9]{4}-[0-9]{2}-[0-9]{2})T${HOUR_MINUTE}:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-]${HOUR_MINUTE})$`,
);

/** A point in time together with its spelling, since the spelling is what was signed. */
const timestampSchema = v.pipe(
  v.string(),
  v.check(isTimestamp, "expected an RFC 3339 time"),
  v.transform((text) => ({
    text,
    /** Unix seconds, with a fraction. */
    at: Date.parse(text) / 1_000,
  })),
);

const uriSchema = v.pipe(v.string(), v.regex(URI, "expected a URI"));

/** The fields of a message as sign-in-with-x writes them in JSON. */
export const signInSchema = v.object({
  /** RFC 3986 authority. Left to whoever knows which one it must equal. */
  domain: v.string(),
  address: addressSchema,
  statement: v.exactOptional(v.pipe(v.string(), v.regex(STATEMENT, "expected one plain line"))),
  uri: uriSchema,
  version: v.literal("1"),
  chainId: caip2Schema,
  nonce: v.pipe(v.string(), v.regex(NONCE, "expected at least 8 letters and digits")),
  issuedAt: timestampSchema,
  expirationTime: v.exactOptional(timestampSchema),
  notBefore: v.exactOptional(timestampSchema),
  requestId: v.exactOptional(v.pipe(v.string(), v.regex(REQUEST_ID, "expected URI path characters"))),
  resources: v.exactOptional(v.array(uriSchema)),
});

export type SignInMessage = v.InferOutput<typeof signInSchema>;

/** The text that the wallet signs. */
export function signInText(message: SignInMessage): string {
  const { domain, address, statement, uri, version, chainId, nonce, issuedAt } = message;
  const { expirationTime, notBefore, requestId, resources } = message;
  const lines = [
    `${domain} wants you to sign in with your Ethereum account:`,
    checksumAddress(address),
    "",
    ...(statement === undefined ? [] : [statement]),
    "",
    `URI: ${uri}`,
    `Version: ${version}`,
    `Chain ID: ${chainId.chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt.text}`,
  ];
  if (expirationTime !== undefined) lines.push(`Expiration Time: ${expirationTime.text}`);
  if (notBefore !== undefined) lines.push(`Not Before: ${notBefore.text}`);
  if (requestId !== undefined) lines.push(`Request ID: ${requestId}`);
  if (resources !== undefined) lines.push("Resources:", ...resources.map((resource) => `- ${resource}`));
  return lines.join("\n");
}

/** `Date.parse` takes February 30 for March 2, so the day has to come back as it went in. */
function isTimestamp(text: string): boolean {
  const date = RFC_3339.exec(text)?.[1];
  if (date === undefined || Number.isNaN(Date.parse(text))) return false;
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}
