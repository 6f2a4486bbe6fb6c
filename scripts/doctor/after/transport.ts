/** Whether the gateway can be reached without TLS: then somebody in between could name another recipient. */

import { type Check, failed, type Outcome, open, passed } from "../check.ts";
import { isLoopback } from "../command-line.ts";
import { faultText, headerText, type Reply, send } from "../http.ts";
import type { Target } from "./target.ts";

export function transportCheck({ url }: Target): Check {
  return {
    name: "HTTPS only",
    run: async () =>
      isLoopback(url) ? open("not checked on this machine") : judgePlainHttp(await plainHttp(url)),
  };
}

function plainHttp(url: string): Promise<Reply> {
  return send({ url: `http://${new URL(url).hostname}/` });
}

const REDIRECTS: readonly number[] = [301, 302, 307, 308];

/** @param reply what a request over plain HTTP came to */
export function judgePlainHttp(reply: Reply): Outcome {
  if (reply.kind === "fault") {
    const isClosed = reply.fault === "refused" || reply.fault === "timeout" || reply.fault === "broken_off";
    return isClosed ? passed("plain HTTP is not answered") : open(`not checked, ${faultText(reply.fault)}`);
  }
  const { status } = reply;
  if (status === 403) return passed("plain HTTP is refused");
  if (REDIRECTS.includes(status) && headerText(reply, "location").startsWith("https://")) {
    return passed("plain HTTP is redirected");
  }
  return failed(
    `plain HTTP is answered with ${status}`,
    "Set the distribution's viewer policy to HTTPS only.",
  );
}
