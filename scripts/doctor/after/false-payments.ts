/** Payments that can't be any: each must be refused in a way that tells the buyer that nothing was taken. */

import * as v from "valibot";
import type { Config } from "../../../protocol/config.ts";
import { ECDSA_SIGNATURE_BYTES } from "../../../protocol/eip3009.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { bytesToHex, checksumAddress } from "../../../protocol/hex.ts";
import { requirementsV2 } from "../../../protocol/requirements.ts";
import { networksOf, termsOf } from "../../../protocol/terms.ts";
import { encodeBase64, parseJsonBytes } from "../../../protocol/text.ts";
import { type Check, failed, type Outcome, open, passed } from "../check.ts";
import { faultText, type Reply, send } from "../http.ts";
import { everythingPriced, type Priced, requestFor, type Target } from "./target.ts";

const FIX =
  "Look at the gateway's log. A payment is only to be refused where nothing that was signed can be taken.";

/** 32 bytes in EIP-3009. */
const NONCE_BYTES = 32;

export function falsePaymentChecks(target: Target): readonly Check[] {
  const [priced] = everythingPriced(target.config);
  if (priced === undefined) return [];
  const pay = (header: string) =>
    send(requestFor(target.url, priced, { headers: { [HEADER.paymentSignature]: header } }));
  return [
    {
      name: "false payment: not readable",
      run: async () =>
        judge(await pay("doctor"), ["payment_not_base64", "payment_not_json", "payment_malformed"]),
    },
    {
      name: "false payment: signed by nobody",
      run: async () => {
        const invoice = await quotedInvoice(target.url, priced);
        if (invoice === undefined) return open("not checked, there is no challenge to answer");
        return judge(await pay(unsigned(target, priced, invoice)), ["payment_signature_invalid"]);
      },
    },
  ];
}

const quoteSchema = v.object({ invoice_id: v.string() });

async function quotedInvoice(url: string, priced: Priced): Promise<string | undefined> {
  const reply = await send(requestFor(url, priced));
  if (reply.kind === "fault") return undefined;
  const quote = v.safeParse(quoteSchema, parseJsonBytes(reply.body)?.value);
  return quote.success ? quote.output.invoice_id : undefined;
}

/** All of it right but the signature, which is no key's: it could not be settled even if somebody tried. */
function unsigned({ config, now, randomBytes }: Target, { offer, path }: Priced, invoice: string): string {
  const [network] = networksOf(config, offer);
  const terms = termsOf(config, offer, path, offer.price);
  const authorization = {
    from: checksumAddress(bytesToHex(Uint8Array.from(randomBytes(20)))),
    to: checksumAddress(network.payTo),
    value: offer.price.toString(),
    validAfter: "0",
    validBefore: String(validUntil(config, now())),
    nonce: bytesToHex(Uint8Array.from(randomBytes(NONCE_BYTES))),
  };
  const signature = bytesToHex(new Uint8Array(ECDSA_SIGNATURE_BYTES).fill(1));
  const accepted = requirementsV2(network, terms, invoice);
  return encodeBase64(JSON.stringify({ x402Version: 2, accepted, payload: { signature, authorization } }));
}

function validUntil({ maxTimeoutSeconds }: Config, now: number): number {
  return Math.floor(now / 1_000) + maxTimeoutSeconds;
}

const problemSchema = v.object({ code: v.string(), payment_state: v.optional(v.string()) });

function judge(reply: Reply, codes: readonly string[]): Outcome {
  if (reply.kind === "fault") return failed(faultText(reply.fault), FIX);
  const problem = v.safeParse(problemSchema, parseJsonBytes(reply.body)?.value);
  if (reply.status < 400 || reply.status >= 500 || !problem.success) {
    return failed(`answered with ${reply.status}, not with a refusal`, FIX);
  }
  const { code, payment_state: state = "absent" } = problem.output;
  if (!codes.includes(code)) return failed(`refused as ${code}, expected ${codes.join(" or ")}`, FIX);
  return state === "unused"
    ? passed(`${reply.status} ${code}`)
    : failed(`payment_state is ${state}, not unused`, FIX);
}
