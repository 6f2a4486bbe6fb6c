/** Takes an eSIM off the network, and puts it back. What is so already is answered as if it had been done just now. */

import type { OriginPorts } from "./app.ts";
import type { OwnedEsim } from "./credentials.ts";
import { type EsimState, esimState, esimStatus, supplierSilent } from "./esim-status.ts";
import { problemResponse, type Response } from "./response.ts";

export type EsimAction = "suspend" | "resume";

const LOGGED = { suspend: "esim_suspended", resume: "esim_resumed" } as const;

const ENDED: readonly EsimState[] = ["expired", "ended"];

/** @throws StoreUnavailableError */
export async function actOnEsim(action: EsimAction, owned: OwnedEsim, ports: OriginPorts): Promise<Response> {
  const { log } = ports.purchase;
  const { esimTranNo } = owned.esim;
  const order = owned.purchase.id;
  const isContested = async () => action === "resume" && (await ports.usageBook.isDisputed(esimTranNo));
  if (await isContested()) return problemResponse("esim_disputed");
  const answer = await ports.lifecycle[action](esimTranNo);
  switch (answer.kind) {
    case "suspended":
    case "resumed":
      // A dispute that came in between had it suspended before.
      if (await isContested()) return undo(owned, ports);
      log({ event: LOGGED[action], order, esim: esimTranNo });
      return esimStatus(owned, ports);
    case "unknown":
      log({ event: "supplier_failed", order, reason: "unknown", code: answer.detail });
      return supplierSilent();
    case "refused": {
      const { reason, code } = answer;
      if (reason === "wrong_status") return explain(action, owned, ports);
      log({ event: "supplier_failed", order, reason, code });
      return supplierSilent();
    }
  }
}

async function undo({ purchase, esim }: OwnedEsim, { lifecycle, purchase: { log } }: OriginPorts) {
  const { esimTranNo } = esim;
  const answer = await lifecycle.suspend(esimTranNo);
  if (answer.kind !== "suspended") {
    const reason = answer.kind === "refused" ? answer.reason : answer.detail;
    log({ event: "suspension_failed", order: purchase.id, esim: esimTranNo, reason });
  }
  return problemResponse("esim_disputed");
}

/** An action that was carried out before is refused like one that never can be. */
async function explain(action: EsimAction, owned: OwnedEsim, ports: OriginPorts): Promise<Response> {
  const found = await ports.lifecycle.profileOf({ esimTranNo: owned.esim.esimTranNo });
  if (found.kind !== "found") return supplierSilent();
  const state = esimState(found.profile);
  if (ENDED.includes(state)) return problemResponse("esim_ended");
  if ((state === "suspended") === (action === "suspend")) return esimStatus(owned, ports);
  return action === "suspend" ? problemResponse("esim_not_in_use") : supplierSilent();
}
