/** The valibot pieces that several parsers share, and one way of naming what a parser found wrong. */

import * as v from "valibot";
import { parseUsdc, type Usdc } from "./money.ts";
import { chains, type Network, networkByChain } from "./network.ts";
import { address, atomic, bytes32, caip2, complaint, hex, type TextRule, uint256 } from "./rules.ts";

/** A string that a rule turns into a value. */
export function schemaOf<Value>({ parse, expected }: TextRule<Value>) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
}

export const addressSchema = schemaOf(address);
export const bytes32Schema = schemaOf(bytes32);
export const uint256Schema = schemaOf(uint256);
export const atomicSchema = schemaOf(atomic);
export const caip2Schema = schemaOf(caip2);
export const decimalUsdcSchema = schemaOf<Usdc>({
  parse: parseUsdc,
  expected: 'expected USDC in decimal, at most six places, like "4.20"',
});
export const networkSchema = schemaOf<Network>({
  parse: networkByChain,
  expected: `expected one of ${chains.join(", ")}`,
});

export function hexSchema(maxBytes: number) {
  return schemaOf(hex(maxBytes));
}

/** Printable text without control characters, trimmed, `min` to `max` characters. */
export function textSchema(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.minLength(min, `expected at least ${min} characters`),
    v.maxLength(max, `expected at most ${max} characters`),
    v.regex(/^(?!\s)[^\p{C}]*(?<!\s)$/u, "expected printable text without surrounding space"),
  );
}

/** Names the place and the rule, never the value. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const expected = issue.kind === "schema" ? `expected ${issue.expected ?? "a value"}` : issue.message;
  return complaint(v.getDotPath(issue) ?? "", expected);
}

/** Characters of a URL. It is repeated in every challenge. */
const MAX_URL = 200;

/**
 * An http(s) URL without credentials, query or trailing slash. Plain http only on loopback. It is used as text, so it
 * must stand there just as the URL parser would write it.
 */
export const urlSchema = v.pipe(
  v.string(),
  v.maxLength(MAX_URL, `expected at most ${MAX_URL} characters`),
  v.check((text) => {
    if (!URL.canParse(text)) return false;
    const { href, protocol, hostname, username, password } = new URL(text);
    const secure =
      protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost"].includes(hostname));
    const plain = username === "" && password === "" && !/[?#]/.test(text) && !text.endsWith("/");
    return secure && plain && (href === text || href === `${text}/`);
  }, "expected an https URL without credentials, query or trailing slash"),
);
