/** Rows on the rest of a paid request: its method, path, query, agent id and invoice. */

import { HEADER } from "../../../protocol/headers.ts";
import { hexToBytes } from "../../../protocol/hex.ts";
import type { HmacKey } from "../../../protocol/keys.ts";
import { hmacKey } from "../../builders/keys.ts";
import { get, invoiceIn, post, requiredOf, sendWire } from "../support.ts";
import {
  addHeader,
  bothVersions,
  type Change,
  type Entry,
  field,
  forVersion,
  line,
  mintFor,
  type Purchase,
  presenting,
  type Row,
} from "./purchase.ts";

const BAD_PATH = [400, "path_malformed"] as const;
const BAD_QUERY = [400, "query_malformed"] as const;
const BAD_AGENT = [400, "agent_id_invalid"] as const;
const NO_ROUTE = [404, "route_not_found"] as const;
const NO_METHOD = [405, "method_not_allowed"] as const;
const BAD_INVOICE = [402, "invoice_invalid"] as const;
const OTHER_REQUEST = [409, "payment_for_other_request"] as const;

const to = (path: string): Change => line({ path });

const path: readonly Entry[] = [
  ["one that is not there", to("/v1/esim"), NO_ROUTE],
  ["in capitals", to("/V1/ESIM/ACTIVATE"), NO_ROUTE],
  ["with something behind it", to("/v1/esim/activate/now"), NO_ROUTE],
  ["with a slash behind it", to("/v1/esim/activate/"), BAD_PATH],
  ["with an encoded slash", to("/v1/esim%2factivate"), BAD_PATH],
  ["with an encoded backslash", to("/v1/esim%5cactivate"), BAD_PATH],
  ["with a backslash", to("/v1/esim\\activate"), BAD_PATH],
  ["with a doubled slash", to("//v1/esim/activate"), BAD_PATH],
  ["with dot segments", to("/v1/x/../esim/activate"), BAD_PATH],
  ["with encoded dot segments", to("/v1/%2e%2e/v1/esim/activate"), BAD_PATH],
  ["with a parameter", to("/v1/esim/activate;x=1"), BAD_PATH],
  ["with a zero byte", to("/v1/esim/activate%00"), BAD_PATH],
  ["encoded twice", to("/v1/esim/%2561ctivate"), BAD_PATH],
  ["with a broken escape", to("/v1/esim/activate%zz"), BAD_PATH],
  ["with bytes that are not UTF-8", to("/v1/esim/activate%ff"), BAD_PATH],
  ["in full-width letters", to("/v1/esim/%EF%BD%81ctivate"), BAD_PATH],
  ["too long", to(`/v1/esim/activate${"x".repeat(512)}`), BAD_PATH],
  ["longer than CloudFront takes", to(`/${"x".repeat(8_192)}`), [414, "viewer_url_too_long"]],
  ["another that is for sale", line({ method: "GET", path: "/report" }), [403, "get_with_body"]],
];

const query: readonly Entry[] = [
  ["a broken escape", to("/report?a=%zz"), BAD_QUERY],
  ["bytes that are not UTF-8", to("/report?a=%ff"), BAD_QUERY],
  ["a value without a name", to("/report?=1"), BAD_QUERY],
  ["too long", to(`/report?a=${"x".repeat(2_048)}`), BAD_QUERY],
  ["a chain that is not accepted", to("/report?chain=ethereum"), [422, "chain_unsupported"]],
  ["a chain that is only inherited", to("/report?chain=constructor"), [422, "chain_unsupported"]],
  ["a parameter that was not asked for", to("/report?format=pdf"), OTHER_REQUEST],
  ["a chain that was not asked for, twice", to("/report?chain=polygon&chain=base"), OTHER_REQUEST],
];

const method: readonly Entry[] = [
  ...["PUT", "PATCH", "DELETE", "HEAD"].map((name): Entry => [name, line({ method: name }), NO_METHOD]),
  ["GET, with a body", line({ method: "GET" }), [403, "get_with_body"]],
  ["one that CloudFront does not know", line({ method: "PROPFIND" }), [403, "method_not_allowed"]],
];

const reportMethod: readonly Entry[] = [
  ["POST where GET is due", line({ method: "POST" }), NO_METHOD],
  ["HEAD, which can't buy", line({ method: "HEAD" }), NO_METHOD],
  [
    "POST that claims to be GET",
    ({ request }) => addHeader({ ...request, method: "POST" }, "X-HTTP-Method-Override", "GET"),
    NO_METHOD,
  ],
];

const agent =
  (id: string): Change =>
  (purchase) =>
    addHeader(purchase.request, HEADER.agentId, id);

const agentId: readonly Entry[] = [
  ["empty", agent(""), BAD_AGENT],
  ["too long", agent("a".repeat(129)), BAD_AGENT],
  ["with a blank", agent("agent 7"), BAD_AGENT],
  ["with a tab", agent("agent\t7"), BAD_AGENT],
  ["not ASCII", agent("agént"), BAD_AGENT],
  [
    "twice",
    ({ request }) => addHeader(addHeader(request, HEADER.agentId, "a"), HEADER.agentId, "b"),
    BAD_AGENT,
  ],
];

/** A well-formed invoice for this very request that is good for ten minutes. */
const minted = (purchase: Purchase, key: HmacKey) => mintFor(purchase, purchase.now + 600, key);

const otherCharacter = (text: string, at: number) =>
  `${text.slice(0, at)}${text.charAt(at) === "A" ? "B" : "A"}${text.slice(at + 1)}`;

const invoices: readonly Entry[] = [
  ["empty", presenting(() => ""), BAD_INVOICE],
  ["another kind of token", presenting(() => "inv_AAAA"), BAD_INVOICE],
  ["only its id", presenting(({ invoice }) => invoice.slice(4, 24)), BAD_INVOICE],
  ["cut short", presenting(({ invoice }) => invoice.slice(0, -1)), BAD_INVOICE],
  ["with something behind it", presenting(({ invoice }) => `${invoice}A`), BAD_INVOICE],
  ["with padding", presenting(({ invoice }) => `${invoice}=`), BAD_INVOICE],
  ["with another prefix", presenting(({ invoice }) => invoice.replace("inv_", "INV_")), BAD_INVOICE],
  // The price is in bytes 44 to 51 of 72, four characters to three bytes, behind the prefix.
  ["with another price in it", presenting(({ invoice }) => otherCharacter(invoice, 4 + 66)), BAD_INVOICE],
  ["with another authentication code", presenting(({ invoice }) => otherCharacter(invoice, 95)), BAD_INVOICE],
  ["another merchant's", presenting((purchase) => minted(purchase, { ...hmacKey(9), id: 1 })), BAD_INVOICE],
  ["under a key that is not there", presenting((purchase) => minted(purchase, hmacKey(9))), BAD_INVOICE],
  ["the grant key's", presenting((purchase) => minted(purchase, grantKey(purchase))), BAD_INVOICE],
  [
    "for another body",
    presenting(async ({ stack }) => quoted(stack.url, post("/v1/esim/activate", { plan: "eu-30day" }))),
    OTHER_REQUEST,
  ],
  ["for another path", presenting(async ({ stack }) => quoted(stack.url, get("/report"))), OTHER_REQUEST],
];

function grantKey({ stack }: Purchase): HmacKey {
  return { id: 1, secret: hexToBytes(stack.secrets.grantKey) };
}

async function quoted(url: string, request: Parameters<typeof sendWire>[1]): Promise<string> {
  return invoiceIn(requiredOf(await sendWire(url, request)));
}

export const requestRows: readonly Row[] = [
  ...forVersion(2, "path", path),
  ...forVersion(2, "query", query, "report"),
  ...forVersion(2, "method", method),
  ...forVersion(2, "method", reportMethod, "report"),
  ...forVersion(2, "X-Agent-ID", agentId),
  ...bothVersions("invoice", invoices),
  ...forVersion(2, "invoice", [
    ["missing", field("accepted.extra.invoice", undefined), [402, "invoice_missing"]],
  ]),
];
