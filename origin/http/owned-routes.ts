/** What the owner of an eSIM may ask of it. */

import type { Route } from "../../protocol/route.ts";
import type { OriginPorts } from "./app.ts";
import { openEsim } from "./credentials.ts";
import { disputeUsage } from "./dispute.ts";
import { actOnEsim } from "./esim-actions.ts";
import { returnEsim } from "./esim-return.ts";
import { esimStatus } from "./esim-status.ts";
import type { OriginRequest } from "./request.ts";
import { problemResponse, type Response } from "./response.ts";
import { usageStatement } from "./usage-statement.ts";

/** @throws StoreUnavailableError */
export async function answerOwned(
  route: Extract<Route, { kind: "owned" }>,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  // What was given back is found here as well: whoever did not hear the answer asks again.
  if (route.name === "esim_cancel") return returnEsim(route.iccid, request, ports);
  const opened = await openEsim(route.iccid, request, ports);
  if (!opened.ok) return opened.reason;
  // Nothing counts any more after it, which is for whoever pays to decide.
  if (route.name === "esim_dispute" && opened.value.role === "holder") {
    return problemResponse("access_token_invalid", { detail: "The buyer alone can dispute." });
  }
  switch (route.name) {
    case "esim":
      return esimStatus(opened.value, ports);
    case "esim_usage":
      return usageStatement(opened.value, request, ports);
    case "esim_dispute":
      return disputeUsage(opened.value, request, ports);
    case "esim_suspend":
      return actOnEsim("suspend", opened.value, ports);
    case "esim_resume":
      return actOnEsim("resume", opened.value, ports);
  }
}
