/** Rows on the request's body: a paid activation whose body is not what it should be, or not what was paid for. */

import { MAX_BODY } from "../../../protocol/activation.ts";
import { body, bothVersions, type Entry, forVersion, type Row } from "./purchase.ts";

const MALFORMED = [400, "body_malformed"] as const;
const INVALID = [400, "body_invalid"] as const;
const TOO_LARGE = [413, "body_too_large"] as const;
const NO_PLAN = [422, "plan_unknown"] as const;
const NO_CHAIN = [422, "chain_unsupported"] as const;

/** The paid-for body with these fields in place of its own. */
function fields(changed: Readonly<Record<string, unknown>>) {
  return body(JSON.stringify({ plan: "us-7day", device_id: "drone-47", ...changed }));
}

const plan: readonly Entry[] = [
  ["plan: missing", body("{}"), INVALID],
  ["plan: null", fields({ plan: null }), INVALID],
  ["plan: a number", fields({ plan: 7 }), INVALID],
  ["plan: an array", fields({ plan: ["us-7day"] }), INVALID],
  ["plan: too long", fields({ plan: "u".repeat(65) }), INVALID],
  ["plan: empty", fields({ plan: "" }), NO_PLAN],
  ["plan: unknown", fields({ plan: "mars-7day" }), NO_PLAN],
  ["plan: in capitals", fields({ plan: "US-7DAY" }), NO_PLAN],
  ["plan: with a blank", fields({ plan: "us-7day " }), NO_PLAN],
  ["plan: only inherited", fields({ plan: "constructor" }), NO_PLAN],
  ["plan: the prototype", fields({ plan: "__proto__" }), NO_PLAN],
];

const deviceId: readonly Entry[] = [
  ["device_id: null", fields({ device_id: null }), INVALID],
  ["device_id: a number", fields({ device_id: 47 }), INVALID],
  ["device_id: empty", fields({ device_id: "" }), INVALID],
  ["device_id: too long", fields({ device_id: "d".repeat(129) }), INVALID],
  ["device_id: with a line break", fields({ device_id: "drone\n47" }), INVALID],
  ["device_id: markup", fields({ device_id: "<script>" }), INVALID],
  ["device_id: not ASCII", fields({ device_id: "drön" }), INVALID],
];

const chain: readonly Entry[] = [
  ["chain: null", fields({ chain: null }), INVALID],
  ["chain: a number", fields({ chain: 137 }), INVALID],
  ["chain: too long", fields({ chain: "p".repeat(33) }), INVALID],
  ["chain: empty", fields({ chain: "" }), NO_CHAIN],
  ["chain: unknown", fields({ chain: "ethereum" }), NO_CHAIN],
  ["chain: one that is not accepted", fields({ chain: "arbitrum" }), NO_CHAIN],
  ["chain: in capitals", fields({ chain: "Polygon" }), NO_CHAIN],
  ["chain: by its CAIP-2 name", fields({ chain: "eip155:137" }), NO_CHAIN],
  ["chain: only inherited", fields({ chain: "toString" }), NO_CHAIN],
];

const document: readonly Entry[] = [
  ["an unknown key", fields({ price: "0.01" }), INVALID],
  ["a key that objects inherit", fields({ constructor: "x" }), INVALID],
  ["the prototype as a key", body('{"plan":"us-7day","__proto__":{"device_id":"x"}}'), INVALID],
  ["fields that are only inherited", body('{"__proto__":{"plan":"us-7day"}}'), INVALID],
  ["one key twice", body('{"plan":"eu-30day","plan":"us-7day"}'), MALFORMED],
  ["one key twice, once escaped", body('{"pl\\u0061n":"eu-30day","plan":"us-7day"}'), MALFORMED],
  ["an array", body('[{"plan":"us-7day"}]'), INVALID],
  ["a string", body('"us-7day"'), INVALID],
  ["null", body("null"), INVALID],
  ["nothing", body(""), MALFORMED],
  ["a form", body("plan=us-7day&device_id=drone-47"), MALFORMED],
  ["JSON with a comment", body('{"plan":"us-7day"}//'), MALFORMED],
  ["JSON in single quotes", body("{'plan':'us-7day'}"), MALFORMED],
  ["JSON that is cut short", body('{"plan":"us-7day"'), MALFORMED],
  ["two JSON documents", body('{"plan":"us-7day"}{"plan":"us-7day"}'), MALFORMED],
  ["a zero byte at the end", body('{"plan":"us-7day"}\0'), MALFORMED],
  ["a byte order mark", body('\ufeff{"plan":"us-7day"}'), MALFORMED],
  ["UTF-16", body(Buffer.from('{"plan":"us-7day"}', "utf16le")), MALFORMED],
  [
    "bytes that are not UTF-8",
    body(Buffer.from('{"plan":"us-7day","device_id":"\xff"}', "latin1")),
    MALFORMED,
  ],
  ["arrays within arrays within arrays", body("[".repeat(2_000) + "]".repeat(2_000)), INVALID],
  ["objects within objects within objects", body(`${'{"a":'.repeat(600)}1${"}".repeat(600)}`), INVALID],
  ["one byte too many", body('{"plan":"us-7day"}'.padEnd(MAX_BODY + 1)), TOO_LARGE],
  ["more than the gateway is shown", body('{"plan":"us-7day"}'.padEnd(41 * 1_024)), TOO_LARGE],
];

/** All in order, but bought with a payment for something else. */
const anotherRequest: readonly Entry[] = [
  ["another plan of a higher price", fields({ plan: "eu-30day" }), [409, "payment_for_other_request"]],
  ["another device", fields({ device_id: "drone-48" }), [409, "payment_for_other_request"]],
  ["the same in another spelling", body('{ "plan": "us-7day" }'), [409, "payment_for_other_request"]],
  ["a chain that was not asked for", fields({ chain: "polygon" }), [409, "payment_for_other_request"]],
  ["another chain than is paid on", fields({ chain: "base" }), [402, "payment_network_unsupported"]],
];

export const bodyRows: readonly Row[] = [
  ...forVersion(2, "body", [...plan, ...deviceId, ...chain, ...document]),
  ...bothVersions("body", anotherRequest),
];
