/** Whether the API behind the gateway answers anybody but the gateway. */

import type { Deployment } from "../../../protocol/deployment.ts";
import { type Check, failed, type Outcome, open, passed } from "../check.ts";
import { type Fault, faultText, type HttpRequest, type Reply, send } from "../http.ts";
import { forgedGrant } from "./forged-grant.ts";
import { everythingPriced, requestFor, type Target } from "./target.ts";

const OPEN_FIX =
  "Close it at once: whoever knows this URL gets what is on sale. The origin must check the gateway's grant.";

const CLOSED: readonly number[] = [401, 403];

/** How a server ends a connection that came without the client certificate. */
const CUT: readonly Fault[] = ["tls", "broken_off", "refused"];

export function originChecks(target: Target): readonly Check[] {
  const { originUrl } = target;
  if (originUrl === null) {
    const outcome = open("not checked", "Give --origin-url: the stack's output OriginUrl.");
    return [{ name: "origin is closed", run: async () => outcome }];
  }
  return [
    {
      name: "origin is closed",
      run: async () => judge(await ask(originUrl, target, false), target.deployment),
    },
    {
      name: "origin refuses a forged grant",
      run: async () => judge(await ask(originUrl, target, true), target.deployment),
    },
  ];
}

interface Asked {
  readonly name: string;
  readonly reply: Reply;
}

async function ask(originUrl: string, target: Target, forge: boolean): Promise<readonly Asked[]> {
  const free = { name: "GET /v1/plans", method: "GET", path: "/v1/plans", body: "", headers: {} } as const;
  const wanted = [
    ...(target.config.settle === "origin-response" ? [] : [free]),
    ...everythingPriced(target.config),
  ];
  return Promise.all(
    wanted.map(async (item) => {
      const headers = forge ? await forgedGrant(item, target) : {};
      const request: HttpRequest = requestFor(originUrl, item, { headers });
      return { name: item.name, reply: await send(request) };
    }),
  );
}

function judge(asked: readonly Asked[], { originMtls }: Deployment): Outcome {
  const failures = asked.flatMap(({ name, reply }) => {
    if (reply.kind === "answer") {
      return CLOSED.includes(reply.status)
        ? []
        : [{ fix: OPEN_FIX, text: `${name}: answered with ${reply.status}` }];
    }
    if (originMtls !== undefined && CUT.includes(reply.fault)) return [];
    return [{ fix: "Look whether --origin-url is the API's.", text: `${name}: ${faultText(reply.fault)}` }];
  });
  const [first] = failures;
  if (first === undefined) return passed(`${asked.length} direct requests refused`);
  return failed(failures.map(({ text }) => text).join("\n"), first.fix);
}
