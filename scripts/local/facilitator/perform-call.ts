/** Verifies or settles one payment, with the fault, if any, that strikes the call. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { EvmFacilitator } from "./evm-facilitator.ts";
import type { Endpoint, Fault, When } from "./faults.ts";
import type { PaymentRequest } from "./payment-request.ts";

export interface CallContext {
  readonly evm: EvmFacilitator;
  readonly fault: Fault | undefined;
  /** Ends the waits when the server closes. */
  readonly signal: AbortSignal;
}

export async function performCall(
  endpoint: Endpoint,
  request: PaymentRequest,
  { evm, fault, signal }: CallContext,
): Promise<Answer> {
  const work = async (): Promise<Answer> => ({ status: 200, body: await evm[endpoint](request) });
  const strike = async (when: When, answer: Answer): Promise<Answer> => {
    if (when === "after") await work();
    return answer;
  };
  switch (fault?.kind) {
    case undefined:
      return work();
    case "delay":
      await sleep(fault.ms, undefined, { signal });
      return work();
    case "delay_after": {
      const answer = await work();
      await sleep(fault.ms, undefined, { signal });
      return answer;
    }
    case "reset":
      return strike(fault.when, "reset");
    case "status":
      return strike(fault.when, { status: fault.status, html: "<html><h1>Bad gateway</h1></html>" });
    case "garbage":
      return strike(
        fault.when,
        fault.body === "not_json" ? { status: 200, html: "<html></html>" } : { status: 200, body: { ok: 1 } },
      );
    case "hang":
      return "hang";
    case "pending":
      return { status: 200, body: pending(request, (await evm.settle(request)).transaction) };
    case "drop":
      return { status: 200, body: pending(request, `0x${randomBytes(32).toString("hex")}`) };
    case "duplicate":
      await work();
      return work();
  }
}

function pending({ paymentPayload, paymentRequirements }: PaymentRequest, transaction: string) {
  return {
    success: false,
    errorReason: "settlement_pending",
    transaction,
    network: paymentRequirements.network,
    payer: paymentPayload.payload.authorization.from,
  };
}
