/** Whether each contestant answers right: what does not sell, or asks for something else, is not worth measuring. */

import { parseEdgeSecrets } from "../../../edge/entry/secrets-json.ts";
import { sampleEnvironment } from "../../../lib/sample.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { verifyGrant } from "../../../protocol/grant.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { type Contestant, OURS } from "./contestants.ts";
import type { BenchFacilitator } from "./facilitator/start.ts";
import type { Answer, Report } from "./measured/job.ts";
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

export const badPayments = [
  "forged",
  "underpaid",
  "expired",
  "lapsed",
] as const satisfies readonly PaymentKind[];

export interface Checked {
  readonly challenge: BenchChallenge;
  readonly rejections: Readonly<Record<(typeof badPayments)[number], Rejection>>;
}

/** @throws ContestantError when it does not ask for the price, or does not sell for it */
export async function check(
  child: string,
  contestant: Contestant,
  facilitator: BenchFacilitator,
): Promise<Checked> {
  const unpaid = await facilitator.during(() => run(child, contestant, {}));
  const challenge = challengeIn(contestant, unpaid.result.answer);
  const send = async (kind: PaymentKind): Promise<Rejection> => {
    const headers = await openPurse(seconds()).pay(challenge, kind);
    const { result, asked } = await facilitator.during(() => run(child, contestant, headers));
    return { outcome: await outcomeOf(contestant, result), facilitatorCalls: asked.verify + asked.settle };
  };
  if (contestant.sells) {
    const honest = await send("honest");
    if (honest.outcome !== "sold" || honest.facilitatorCalls !== 2) {
      throw new ContestantError(
        `${contestant.name} made "${honest.outcome}" of a good payment, with ${honest.facilitatorCalls} calls`,
      );
    }
  }
  const [forged, underpaid, expired, lapsed] = [
    await send("forged"),
    await send("underpaid"),
    await send("expired"),
    await send("lapsed"),
  ];
  return { challenge, rejections: { forged, underpaid, expired, lapsed } };
}

/** @throws ContestantError */
function challengeIn({ name }: Contestant, { status, headers }: Answer): BenchChallenge {
  if (status !== 402) throw new ContestantError(`${name} answered ${status} to a request without payment`);
  const challenge = readChallenge(headers);
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
