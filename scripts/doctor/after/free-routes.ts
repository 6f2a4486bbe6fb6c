/** What answers without payment, what does not exist, and what a browser asks before it pays. */

import * as v from "valibot";
import type { Config } from "../../../protocol/config.ts";
import { HEADER } from "../../../protocol/headers.ts";
import { formatUsdc } from "../../../protocol/money.ts";
import { parseJsonBytes } from "../../../protocol/text.ts";
import { type Check, failed, type Outcome, passed } from "../check.ts";
import { type Answer, faultText, headerText, send } from "../http.ts";
import { firstDifference } from "./difference.ts";
import { everythingPriced, type Target } from "./target.ts";

const ORIGIN_FIX =
  "Look at the origin function's log: a grant it refuses has another key than the gateway's.";

/** Of a path that nobody has configured. */
const UNKNOWN_BYTES = 8;

export function freeRouteChecks({ config, url, randomBytes }: Target): readonly Check[] {
  const get = (name: string, path: string, judge: (answer: Answer) => Outcome): Check => ({
    name,
    run: async () => {
      const reply = await send({ url, target: path });
      return reply.kind === "fault"
        ? failed(faultText(reply.fault), "Look whether --url is the gateway.")
        : judge(reply);
    },
  });
  const unknown = `/${Buffer.from(randomBytes(UNKNOWN_BYTES)).toString("hex")}`;
  const ours: readonly Check[] = [
    get("GET /healthz", "/healthz", ({ status }) =>
      status === 200 ? passed("alive") : failed(`answered with ${status}`, ORIGIN_FIX),
    ),
    get("GET /readyz", "/readyz", judgeReady),
    get("GET /v1/plans", "/v1/plans", (answer) => judgePlans(config, answer)),
  ];
  return [
    ...(config.settle === "origin-response" ? [] : ours),
    get("unknown path", unknown, ({ status }) =>
      status === 404 ? passed("404") : failed(`answered with ${status}, not 404`, ORIGIN_FIX),
    ),
    { name: "browser preflight", run: () => checkPreflight(config, url) },
  ];
}

const readySchema = v.object({ checks: v.record(v.string(), v.string()) });

function judgeReady(answer: Answer): Outcome {
  const body = v.safeParse(readySchema, parseJsonBytes(answer.body)?.value);
  if (answer.status === 200) return passed("ready");
  const troubles = body.success
    ? Object.entries(body.output.checks).filter(([, state]) => state !== "ok")
    : [];
  const detail = troubles.map(([what, state]) => `${what}: ${state}`).join("\n");
  return failed(
    detail || `answered with ${answer.status}`,
    detail ? "Run npm run doctor without --url: it says what to do about each." : ORIGIN_FIX,
  );
}

const plansSchema = v.object({ plans: v.array(v.object({ plan: v.string(), amount_usdc: v.string() })) });

function judgePlans({ catalog }: Config, answer: Answer): Outcome {
  const body = v.safeParse(plansSchema, parseJsonBytes(answer.body)?.value);
  if (answer.status !== 200 || !body.success) return failed(`answered with ${answer.status}`, ORIGIN_FIX);
  const expected = Object.entries(catalog.plans).map(([plan, { price }]) => ({
    plan,
    amount_usdc: formatUsdc(price),
  }));
  const difference = firstDifference(body.output.plans, expected, "plans");
  if (difference === null) return passed(`${expected.length} plans`);
  return failed(difference, "Deploy this configuration, or check with the one that is deployed.");
}

/** Without this a browser never sends the payment. */
async function checkPreflight(config: Config, url: string): Promise<Outcome> {
  const fix = "Let OPTIONS through to the gateway's function, and its answer back.";
  const [priced] = everythingPriced(config);
  if (priced === undefined) return passed("nothing is on sale");
  const reply = await send({
    url,
    target: priced.path,
    method: "OPTIONS",
    headers: {
      origin: "https://agent.example",
      "access-control-request-method": priced.method,
      "access-control-request-headers": HEADER.paymentSignature,
    },
  });
  if (reply.kind === "fault") return failed(faultText(reply.fault), fix);
  const allowed = headerText(reply, "access-control-allow-headers")
    .toLowerCase()
    .split(/\s*,\s*/);
  const missing = [HEADER.paymentSignature, HEADER.xPayment].filter((name) => !allowed.includes(name));
  const isAllowed =
    reply.status < 300 &&
    missing.length === 0 &&
    headerText(reply, "access-control-allow-origin") === "*" &&
    headerText(reply, "access-control-allow-methods").includes(priced.method);
  return isAllowed
    ? passed("allows payments")
    : failed(`answered with ${reply.status}, and allows no payment`, fix);
}
