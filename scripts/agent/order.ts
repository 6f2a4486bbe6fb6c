/** Follows an order that the server has taken on but not finished, by asking for it until it is final or the time is up. */

import * as v from "valibot";
import { type Answer, type HttpRequest, jsonOf, type Reply, retryAfterMs } from "./http.ts";
import { mayResend } from "./problem.ts";
import type { Session } from "./session.ts";
import type { SignedPayment } from "./sign.ts";
import { judge, undelivered, unknown, type Verdict } from "./verdict.ts";

export interface OrderRef {
  readonly url: URL;
  /** Opens the order; null where the server gave none. */
  readonly accessToken: string | null;
}

const POLL_MS = 2_000;
/** However small a Retry-After is, the server is not asked more often. */
const MIN_POLL_MS = 500;

type Stage = "pending" | "delivered" | "undelivered" | "refunded" | "void";

/** What the words in an order's `state` mean to a buyer. A 200 with another word, or none, is the goods. */
const stages: Readonly<Record<string, Stage>> = {
  settling: "pending",
  settled: "pending",
  ordered: "pending",
  reserved: "pending",
  securing: "pending",
  secured: "pending",
  returning: "delivered",
  refund_due: "undelivered",
  refund_blocked: "undelivered",
  refunding: "undelivered",
  refunded: "refunded",
  void: "void",
};

const tokenSchema = v.object({ access_token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,4096}$/)) });
const stateSchema = v.object({
  state: v.string(),
  items: v.fallback(v.array(v.object({ item_state: v.string() })), []),
});

/** A `Location` on another origin: it is never followed, for the access token would go with the request. */
export const ELSEWHERE = "elsewhere";

/** The order that an answer names in `Location`, or null when it names none. */
export function orderOf(answer: Answer, requested: URL): OrderRef | typeof ELSEWHERE | null {
  const location = answer.headers.get("location");
  if (location === null) return null;
  if (!URL.canParse(location, requested.href)) return ELSEWHERE;
  const url = new URL(location, requested);
  if (url.origin !== requested.origin || url.username !== "" || url.password !== "") return ELSEWHERE;
  const body = v.safeParse(tokenSchema, jsonOf(answer)?.value);
  return { url, accessToken: body.success ? body.output.access_token : null };
}

export interface Followed {
  readonly verdict: Verdict;
  /** The final answer, or the one that named the order (it holds the access token) when there was none. */
  readonly reply: Reply;
}

/** @param accepted the answer that named the order */
export async function followOrder(
  session: Session,
  { url, accessToken }: OrderRef,
  accepted: Answer,
  payment: SignedPayment,
): Promise<Followed> {
  session.ports.onProgress({ kind: "polling", orderUrl: url.href });
  const authorization = accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
  const request: HttpRequest = { url, method: "GET", headers: authorization, body: null };
  let waitMs = pollWait(accepted, session);
  while (waitMs < session.remainingMs()) {
    await session.ports.sleep(waitMs);
    const reply = await session.send(request);
    const verdict = judgeOrder(reply, accepted, payment);
    if (verdict !== undefined) return { verdict, reply };
    waitMs = pollWait(reply, session);
  }
  return {
    verdict: unknown(payment, `The order was not finished in time; its place is ${url.href}.`),
    reply: accepted,
  };
}

function pollWait(reply: Reply, session: Session): number {
  const asked = reply.kind === "answer" ? retryAfterMs(reply, session.ports.now()) : undefined;
  return Math.max(asked ?? POLL_MS, MIN_POLL_MS);
}

/** Undefined while the order is not final. */
function judgeOrder(reply: Reply, accepted: Answer, payment: SignedPayment): Verdict | undefined {
  if (mayResend(reply)) return undefined;
  if (reply.kind === "answer" && reply.status >= 200 && reply.status < 300) {
    const stage = reply.status === 202 ? "pending" : stageOf(reply);
    if (stage === "pending") return undefined;
    if (stage === "undelivered") return undelivered("settled", "The order failed.");
    if (stage === "refunded") return undelivered("refunded", "The order failed.");
    if (stage === "void") {
      const detail = "The payment never settled and no longer can.";
      return { outcome: "payment_rejected", detail, paymentState: "unused" };
    }
  }
  return judge({ last: reply, earlier: [accepted] }, payment);
}

function stageOf(answer: Answer): Stage {
  const body = v.safeParse(stateSchema, jsonOf(answer)?.value);
  if (!body.success || !Object.hasOwn(stages, body.output.state)) return "delivered";
  // Part of the money goes back for what could not be had; the rest is here.
  if (body.output.items.some(({ item_state }) => item_state === "delivered")) return "delivered";
  return stages[body.output.state] ?? "delivered";
}
