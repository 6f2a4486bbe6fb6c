/** Whether each contestant answers right: what does not sell, or asks for something else, is not worth measuring. */

import { parseEdgeSecrets } from "../../../edge/entry/secrets-json.ts";
import { sampleEnvironment } from "../../../lib/sample.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { verifyGrant } from "../../../protocol/grant-reader.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { type Contestant, OURS } from "./contestants.ts";
import type { BenchFacilitator } from "./facilitator/start.ts";
import type { Report } from "./measured/job.ts";
import { type BenchChallenge, openPurse, type PaymentKind, readChallenge } from "./payments.ts";
import { ContestantError, run } from "./run.ts";
import { ATOMIC_PRICE, PAY_TO } from "./terms.ts";

/** What comes of one request. A look-up is let through, but the origin gives it only what was paid for earlier. */
export type Outcome = "asked_to_pay" | "sold" | "looked_up" | "failed";

/** What was made of a payment with which something is wrong. */
export interface Rejection {
  readonly outcome: Outcome;
  readonly facilitatorCalls: number;
}

export type Rejections = Readonly<Record<Exclude<PaymentKind, "honest">, Rejection>>;

/** @throws ContestantError when it does not ask for the price, or does not sell for it */
export async function checkSelling(bench: CheckBench, contestant: Contestant): Promise<BenchChallenge> {
  const challenge = challengeIn(contestant, await run(bench.child, contestant, {}));
  if (!contestant.sells) return challenge;
  const { outcome, facilitatorCalls } = await send(bench, contestant, challenge, "honest");
  if (outcome !== "sold" || facilitatorCalls !== 2) {
    throw new ContestantError(
      `${contestant.name} made "${outcome}" of a good payment, with ${facilitatorCalls} calls`,
    );
  }
  return challenge;
}

/** What it makes of payments with which something is wrong. No verdict: peers sell for them. */
export async function checkRejections(
  bench: CheckBench,
  contestant: Contestant,
  challenge: BenchChallenge,
): Promise<Rejections> {
  return {
    forged: await send(bench, contestant, challenge, "forged"),
    underpaid: await send(bench, contestant, challenge, "underpaid"),
    expired: await send(bench, contestant, challenge, "expired"),
    lapsed: await send(bench, contestant, challenge, "lapsed"),
  };
}

export interface CheckBench {
  /** The built measured program. */
  readonly child: string;
  readonly facilitator: BenchFacilitator;
}

async function send(
  { child, facilitator }: CheckBench,
  contestant: Contestant,
  challenge: BenchChallenge,
  kind: PaymentKind,
): Promise<Rejection> {
  const headers = await openPurse(seconds()).pay(challenge, kind);
  const { result, asked } = await facilitator.during(() => run(child, contestant, headers));
  return { outcome: await outcomeOf(contestant, result), facilitatorCalls: asked.verify + asked.settle };
}

/** @throws ContestantError where it is none for the right price, to the right address */
export function challengeIn({ name }: Contestant, { answer: { status, headers } }: Report): BenchChallenge {
  if (status !== 402) throw new ContestantError(`${name} answered ${status} to a request without payment`);
  const challenge = readChallenge(headers);
  if (challenge === undefined) throw new ContestantError(`${name} sent no challenge that can be paid here`);
  const [{ amount, payTo }] = challenge.accepts;
  if (amount !== ATOMIC_PRICE || payTo.toLowerCase() !== PAY_TO.toLowerCase()) {
    throw new ContestantError(`${name} asks for ${amount} to ${payTo}`);
  }
  return challenge;
}

async function outcomeOf({ name }: Contestant, { answer }: Report): Promise<Outcome> {
  if (answer.status === 402) return "asked_to_pay";
  if (answer.status !== null) return answer.status === 200 ? "sold" : "failed";
  if (name !== OURS) return "sold";
  const { grantKeys } = parseEdgeSecrets(edgeSecretsJson(readSecrets(sampleEnvironment())));
  const grant = await verifyGrant(answer.headers[HEADER.grant] ?? "", grantKeys, seconds());
  if (!grant.ok) return "failed";
  switch (grant.value.payment?.settlement.state) {
    case "settled":
      return "sold";
    case "lookup":
      return "looked_up";
    default:
      return "failed";
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1_000);
}
