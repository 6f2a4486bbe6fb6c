/**
 * Buys one thing: asks, reads the challenge, signs once, sends the payment until there is an answer.
 *
 * There is one call of the signer in here and no way back to it. Whatever fails after it is answered with the same
 * payment or reported; to pay again is a decision for whoever runs the agent.
 */

import { parseChallenge } from "./challenge.ts";
import { type Answer, contentOf, type HttpRequest, type Reply } from "./http.ts";
import { chooseOffer } from "./offer.ts";
import { ELSEWHERE, followOrder, orderOf } from "./order.ts";
import { mustPoll } from "./problem.ts";
import type { Ports, PurchaseOptions, PurchaseResult, Receipt } from "./purchase.ts";
import { readOrderReceipt, readReceipt } from "./receipt.ts";
import { exchange, openSession, type Session } from "./session.ts";
import { type SignedPayment, signPayment } from "./sign.ts";
import { judge, judgeUnpaid, unknown, type Verdict } from "./verdict.ts";

/** Never rejects over what the server or the network does; only a signer that fails makes it reject. */
export async function buy(options: PurchaseOptions, ports: Ports): Promise<PurchaseResult> {
  const { url, method, headers, body } = options;
  const session = openSession(options.timeoutMs, ports);
  const request: HttpRequest = { url, method, headers, body };
  ports.onProgress({ kind: "requesting", method, url: url.href });
  const unpaid = await exchange(session, request, false);
  const requests = unpaid.earlier.length + 1;
  const { last } = unpaid;
  if (last.kind === "fault" || last.status !== 402) {
    return report({ verdict: judgeUnpaid(unpaid), reply: last, attempts: requests });
  }

  const payment = await authorize(last, options, ports);
  if ("outcome" in payment) {
    return report({ verdict: { ...payment, paymentState: "unused" }, reply: last, attempts: requests });
  }
  const paid = await pay(session, request, payment);
  return report({ ...paid, payment, attempts: requests + paid.attempts });
}

/** The payment for an offer of the challenge, or why none was signed. */
async function authorize(
  answer: Answer,
  { chain, maxAmount }: PurchaseOptions,
  ports: Ports,
): Promise<SignedPayment | Pick<Verdict, "outcome" | "detail">> {
  const challenge = parseChallenge(answer);
  if (!challenge.ok) {
    const detail = `The payment challenge can't be used: ${challenge.reason}. Nothing was signed.`;
    return { outcome: "no_acceptable_offer", detail };
  }
  const offer = chooseOffer(challenge.value, chain, maxAmount);
  if (!offer.ok) return offer.reason;
  const { network, amount, payTo } = offer.value;
  ports.onProgress({ kind: "payment_required", amount, network, payTo });
  const nowSeconds = Math.floor(ports.now() / 1_000);
  const payment = await signPayment(challenge.value, offer.value, ports.signer, nowSeconds, ports.newNonce());
  const { payer, validBefore } = payment;
  ports.onProgress({ kind: "signed", amount, network, payer, validBefore });
  return payment;
}

interface Paid {
  readonly verdict: Verdict;
  readonly reply: Reply;
  readonly receipt: Receipt | null;
  readonly orderUrl: string | null;
  readonly attempts: number;
}

async function pay(session: Session, unpaid: HttpRequest, payment: SignedPayment): Promise<Paid> {
  const request = { ...unpaid, headers: { ...unpaid.headers, ...payment.headers } };
  const answered = await exchange(session, request, true);
  const { last, earlier } = answered;
  const attempts = earlier.length + 1;
  const order = last.kind === "answer" ? orderOf(last, request.url) : null;
  const orderUrl = order === null || order === ELSEWHERE ? null : order.url.href;
  if (last.kind === "fault" || order === null || !mustPoll(last)) {
    const receipt = receiptOf(last, payment);
    return { verdict: judge(answered, payment), reply: last, receipt, orderUrl, attempts };
  }
  if (order === ELSEWHERE) {
    const verdict = unknown(payment, "The server put the order on another origin, which is not followed.");
    return { verdict, reply: last, receipt: receiptOf(last, payment), orderUrl, attempts };
  }
  const { verdict, reply } = await followOrder(session, order, last, payment);
  const receipt = receiptOf(reply, payment) ?? receiptOf(last, payment);
  return { verdict, reply, receipt, orderUrl, attempts };
}

function receiptOf(reply: Reply, payment: SignedPayment): Receipt | null {
  if (reply.kind === "fault") return null;
  const reading = readReceipt(reply.headers, payment);
  return reading?.success === true ? reading.receipt : readOrderReceipt(reply, payment);
}

interface Report {
  readonly verdict: Verdict;
  readonly reply: Reply;
  readonly attempts: number;
  readonly payment?: SignedPayment;
  readonly receipt?: Receipt | null;
  readonly orderUrl?: string | null;
}

function report({
  verdict,
  reply,
  attempts,
  payment,
  receipt = null,
  orderUrl = null,
}: Report): PurchaseResult {
  const { outcome, detail } = verdict;
  const paymentState =
    receipt !== null && verdict.paymentState === "in_flight" ? "settled" : verdict.paymentState;
  const atStake = paymentState === "settled" || paymentState === "in_flight";
  return {
    outcome,
    detail,
    status: reply.kind === "answer" ? reply.status : null,
    body: reply.kind === "answer" ? contentOf(reply) : null,
    receipt,
    explorerUrl:
      payment === undefined || receipt === null
        ? null
        : payment.offer.network.explorerTx + receipt.transaction,
    paymentState,
    paid:
      payment !== undefined && atStake
        ? { amount: payment.offer.amount, chain: payment.offer.network.chain }
        : null,
    orderUrl,
    attempts,
  };
}
