/**
 * Whether each thing on sale is asked to be paid for, on exactly the configuration's terms: the header that v2 clients
 * read, the body that v1 clients read, and the headers without which a browser or a cache would get it wrong.
 */

import * as v from "valibot";
import { MAX_CHALLENGE_BODY } from "../../../protocol/challenge.ts";
import type { Config } from "../../../protocol/config.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { checksumAddress } from "../../../protocol/hex.ts";
import { invoiceNonce } from "../../../protocol/invoice.ts";
import { formatUsdc } from "../../../protocol/money.ts";
import { requirementsV1, requirementsV2 } from "../../../protocol/requirements.ts";
import { networksOf, termsOf } from "../../../protocol/terms.ts";
import { decodeBase64, parseJsonBytes } from "../../../protocol/text.ts";
import { type Check, failed, type Outcome, passed } from "../check.ts";
import { type Answer, faultText, headerText, send } from "../http.ts";
import { firstDifference } from "./difference.ts";
import { everythingPriced, type Priced, requestFor, type Target } from "./target.ts";

const FIX = "Deploy this configuration, or check with the one that is deployed.";

export function challengeChecks({ config, url }: Target): readonly Check[] {
  return everythingPriced(config).map((priced) => ({
    name: `402 for ${priced.name}`,
    run: () => checkChallenge(config, url, priced),
  }));
}

async function checkChallenge(config: Config, url: string, priced: Priced): Promise<Outcome> {
  const reply = await send(requestFor(url, priced));
  if (reply.kind === "fault") return failed(faultText(reply.fault), "Look whether --url is the gateway.");
  if (reply.status !== 402) return failed(`answered with ${reply.status}`, FIX);
  const faults = [...headerFaults(reply), ...termFaults(reply, config, priced)];
  if (faults.length > 0) return failed(faults.join("\n"), FIX);
  const chains = networksOf(config, priced.offer).map(({ chain }) => chain.chain);
  return passed(`${formatUsdc(priced.offer.price)} USDC on ${chains.join(", ")}`);
}

/** What every priced answer must say around its body. */
function headerFaults(answer: Answer): readonly string[] {
  const has = (name: string, wanted: RegExp) => wanted.test(headerText(answer, name));
  const exposed = headerText(answer, "access-control-expose-headers").toLowerCase();
  return [
    ...(has("content-type", /^application\/json\b/i) ? [] : ["content-type is not application/json"]),
    ...(has("cache-control", /\bno-store\b/i) ? [] : ["cache-control does not say no-store"]),
    ...(has("x-cache", /hit/i) || has("age", /[1-9]/) ? ["it came out of a cache"] : []),
    ...(has("access-control-allow-origin", /^\*$/) ? [] : ["access-control-allow-origin is not *"]),
    ...[HEADER.paymentRequired, HEADER.paymentResponse, HEADER.xPaymentResponse]
      .filter((name) => !exposed.split(/\s*,\s*/).includes(name))
      .map((name) => `access-control-expose-headers does not name ${name}`),
  ];
}

const headerSchema = v.looseObject({
  x402Version: v.literal(2),
  resource: v.looseObject({ url: v.string() }),
  accepts: v.array(v.unknown()),
});

const bodySchema = v.looseObject({
  x402Version: v.literal(1),
  accepts: v.array(v.unknown()),
  invoice_id: v.pipe(v.string(), v.regex(/^inv_[A-Za-z0-9_-]{96}$/)),
  amount_usdc: v.string(),
  recipient: v.string(),
  nonce: v.string(),
});

function termFaults(answer: Answer, config: Config, { offer, path }: Priced): readonly string[] {
  const bytes = decodeBase64(headerText(answer, HEADER.paymentRequired));
  const header = v.safeParse(headerSchema, bytes === undefined ? undefined : parseJsonBytes(bytes)?.value);
  if (!header.success) return [`${HEADER.paymentRequired} is no x402 v2 challenge`];
  const body = v.safeParse(bodySchema, parseJsonBytes(answer.body)?.value);
  if (!body.success) return ["the body is no x402 v1 challenge with an invoice"];

  const networks = networksOf(config, offer);
  const terms = termsOf(config, offer, path, offer.price);
  const { invoice_id: invoice, amount_usdc, recipient, nonce } = body.output;
  const v2 = networks.map((network) => requirementsV2(network, terms, invoice));
  const v1 = networks.map((network) => requirementsV1(network, terms)).filter((item) => item !== undefined);
  const differences = [
    firstDifference(header.output.accepts, v2, "v2 accepts"),
    firstDifference(header.output.resource.url, terms.resourceUrl, "v2 resource.url"),
    firstDifference(body.output.accepts, v1, "v1 accepts"),
    firstDifference(
      { amount_usdc, recipient, nonce },
      {
        amount_usdc: formatUsdc(offer.price),
        recipient: checksumAddress(networks[0].payTo),
        nonce: invoiceNonce(invoice),
      },
      "body",
    ),
  ].filter((difference) => difference !== null);
  const { length } = answer.body.toString("utf8");
  return length < MAX_CHALLENGE_BODY
    ? differences
    : [...differences, `the body has ${length} characters; agents read ${MAX_CHALLENGE_BODY}`];
}
