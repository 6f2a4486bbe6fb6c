/** Rows on the payment header as a whole: its encoding, size, JSON, version, and how often it stands there. */

import { HEADER } from "../../../protocol/headers.ts";
import { MAX_PAYMENT_HEADER } from "../../../protocol/payment.ts";
import { encodeBase64 } from "../../../protocol/text.ts";
import { buildPayment, encodePayment, type Json, replaceAt } from "../../builders/payment.ts";
import { addHeader, bothVersions, type Entry, field, header, json, type Row } from "./purchase.ts";

const MALFORMED = [400, "payment_malformed"] as const;
const NOT_BASE64 = [400, "payment_not_base64"] as const;
const NOT_JSON = [400, "payment_not_json"] as const;
const CONFLICT = [400, "payment_header_conflict"] as const;

/** In any alignment, six question marks encode to a text with a slash in it. */
const withSlash = (payload: Json) => JSON.stringify(payload).replace("{", '{"note":"??????",');

/** With blanks behind it until its base64 ends in two padding characters. */
function padded(payload: Json): string {
  const text = JSON.stringify(payload);
  return text.padEnd(text.length + ((4 - (text.length % 3)) % 3));
}

/** The authorization with one more member in front, which a parser that keeps the last one would not see. */
const twice = (member: string) => json((text) => text.replace('{"from"', `{${member},"from"`));

const encoding: readonly Entry[] = [
  ["an empty header", header(() => ""), NOT_BASE64],
  ["bare JSON", header((_, { payload }) => JSON.stringify(payload)), NOT_BASE64],
  [
    "base64 in the URL's alphabet",
    header((_, { payload }) => encodeBase64(withSlash(payload)).replaceAll("+", "-").replaceAll("/", "_")),
    NOT_BASE64,
  ],
  [
    "base64 without its padding",
    header((_, { payload }) => encodeBase64(padded(payload)).replace("==", "")),
    NOT_BASE64,
  ],
  [
    "base64 with stray bits at its end",
    header((_, { payload }) => encodeBase64(padded(payload)).replace("Q==", "R==").replace("A==", "B==")),
    NOT_BASE64,
  ],
  ["base64 with a blank in it", header((text) => `${text.slice(0, 40)} ${text.slice(40)}`), NOT_BASE64],
  ["two payments with a comma between", header((text) => `${text}, ${text}`), NOT_BASE64],
  ["base64 of base64", header(encodeBase64), NOT_JSON],
  [
    "a header over the limit",
    json((text) => text.padEnd((MAX_PAYMENT_HEADER / 4) * 3 + 1)),
    [400, "payment_header_too_large"],
  ],
  ["a header over CloudFront's limit", header(() => "A".repeat(20_480)), [494, "viewer_request_too_large"]],
];

const notJson: readonly Entry[] = [
  ["JSON that is cut short", json((text) => text.slice(0, -1)), NOT_JSON],
  ["two JSON documents", json((text) => text + text), NOT_JSON],
  ["JSON with a trailing comma", json((text) => text.replace(/\}$/, ",}")), NOT_JSON],
  ["JSON in UTF-16", json((text) => Buffer.from(text, "utf16le")), NOT_JSON],
  ["JSON after a byte order mark", json((text) => `\ufeff${text}`), NOT_JSON],
  [
    "JSON that is not UTF-8",
    json((text) => Buffer.from(text.replace("{", '{"note":"\xff",'), "latin1")),
    NOT_JSON,
  ],
  ["the version twice", json((text) => text.replace("{", '{"x402Version":9,')), NOT_JSON],
  ["the value twice", twice('"value":"1"'), NOT_JSON],
  ["the value twice, once escaped", twice('"v\\u0061lue":"1"'), NOT_JSON],
];

const malformed: readonly Entry[] = [
  ["an empty object", json(() => "{}"), MALFORMED],
  ["an array", json((text) => `[${text}]`), MALFORMED],
  ["null", json(() => "null"), MALFORMED],
  ["a string", json((text) => JSON.stringify(text)), MALFORMED],
  ["arrays within arrays within arrays", json(() => "[".repeat(3_000) + "]".repeat(3_000)), MALFORMED],
  ["fields that are only inherited", json((text) => `{"__proto__":${text}}`), MALFORMED],
  ["no version", field("x402Version", undefined), MALFORMED],
  ["a version as text", json((text) => text.replace(/"x402Version":(\d)/, '"x402Version":"$1"')), MALFORMED],
  ["a version between two", field("x402Version", 1.5), MALFORMED],
  ["a version to come", field("x402Version", 3), MALFORMED],
  [
    "the other header's version",
    header((_, { payload, version }) => encodePayment(replaceAt(payload, ["x402Version"], 3 - version))),
    MALFORMED,
  ],
];

const conflicts: readonly Entry[] = [
  [
    "the payment header twice",
    ({ request, payment }) => addHeader(request, payment.headerName, payment.header),
    CONFLICT,
  ],
  [
    "the payment header twice, once in capitals and empty",
    ({ request, payment }) => addHeader(request, payment.headerName.toUpperCase(), ""),
    CONFLICT,
  ],
  [
    "payments of both versions",
    async ({ request, options }) => {
      const other = await buildPayment({ ...options, version: options.version === 1 ? 2 : 1 });
      return addHeader(request, other.headerName, other.header);
    },
    CONFLICT,
  ],
  [
    "the invoice header twice",
    ({ request, invoice }) => addHeader(addHeader(request, HEADER.invoice, invoice), HEADER.invoice, invoice),
    CONFLICT,
  ],
];

export const headerRows: readonly Row[] = bothVersions("payment header", [
  ...encoding,
  ...notJson,
  ...malformed,
  ...conflicts,
]);
