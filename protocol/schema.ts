/** The valibot pieces that several parsers share, and one way of naming what a parser found wrong. */

import * as v from "valibot";
import { type Address, type Hex, parseAddress, parseBytes32, parseHex } from "./hex.ts";
import { parseUint256, parseUsdc, type Usdc, usdc } from "./money.ts";
import { chains, type Network, networkByCaip2, networkByChain } from "./network.ts";

/** A string that a `parse…` function turns into a value, or the given complaint. */
function parsed<Value>(parse: (text: string) => Value | undefined, complaint: string) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      const value = parse(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: complaint });
      return NEVER;
    }),
  );
}

export const addressSchema = parsed<Address>(
  parseAddress,
  "expected an address, EIP-55 checksummed or in one case",
);
export const bytes32Schema = parsed<Hex>(parseBytes32, "expected 32 bytes of hex");
export const uint256Schema = parsed(parseUint256, "expected a uint256 in decimal");
export const atomicSchema = parsed<Usdc>((text) => {
  const value = parseUint256(text);
  return value === undefined ? undefined : usdc(value);
}, "expected atomic units of USDC in decimal");
export const decimalUsdcSchema = parsed<Usdc>(
  parseUsdc,
  'expected USDC in decimal, at most six places, like "4.20"',
);
export const networkSchema = parsed<Network>(networkByChain, `expected one of ${chains.join(", ")}`);

export const caip2Schema = parsed<Network>(networkByCaip2, "expected the CAIP-2 name of a known network");

export function hexSchema(maxBytes: number) {
  return parsed<Hex>((text) => parseHex(text, maxBytes), `expected at most ${maxBytes} bytes of hex`);
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

/** Places longer than this are a client's own words. */
const MAX_PLACE = 80;

/** "payload.authorization.nonce: expected 32 bytes of hex". Names the place and the rule, never the value. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const place = v.getDotPath(issue) ?? "(root)";
  const path = place.length > MAX_PLACE ? `${place.slice(0, MAX_PLACE)}…` : place;
  return `${path}: ${issue.kind === "schema" ? `expected ${issue.expected ?? "a value"}` : issue.message}`;
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

/** Characters of a webhook's URL. */
const MAX_WEBHOOK_URL = 512;

/**
 * Where a buyer wants to be told of an order: an https URL on its own port, in the characters that a URL is written in.
 * Plain http only on loopback, where the origin calls nobody unless it is set up on this machine: whatever the text
 * says, it is the address behind it that the origin looks at before it calls.
 */
export const webhookUrlSchema = v.pipe(
  v.string(),
  v.maxLength(MAX_WEBHOOK_URL, `expected at most ${MAX_WEBHOOK_URL} characters`),
  v.check((text) => {
    if (!/^[\x21-\x7e]+$/.test(text) || text.includes("#") || !URL.canParse(text)) return false;
    const { protocol, hostname, port, username, password } = new URL(text);
    if (username !== "" || password !== "") return false;
    return protocol === "https:" ? port === "" : protocol === "http:" && hostname === "127.0.0.1";
  }, "expected an https URL on port 443 without credentials or fragment"),
);
