/** What the tests of settling for one answer share. */

import type { TransactionState } from "../../edge/ports.ts";
import { type Settlement, settleOnce } from "../../edge/settle-once.ts";
import type { AuthorizationState, SettlementSearch } from "../../protocol/chain.ts";
import type { RejectionReason, SettleOutcome } from "../../protocol/settlement.ts";
import { termsOf } from "../../protocol/terms.ts";
import { NOW } from "../builders/payment.ts";
import {
  BUDGET_MS,
  granted,
  type Harness,
  OTHER_TRANSACTION,
  TRANSACTION,
} from "./origin-response-harness.ts";

/** Settles the granted payment, without a flow around it. */
export function settle({ ports }: Harness, budgetMs = BUDGET_MS): Promise<Settlement> {
  const { network, authorization, x402Version } = granted();
  const [accepted] = ports.config.networks;
  if (accepted === undefined) throw new Error("there is a network");
  const payment = {
    x402Version,
    network,
    authorization,
    signature: "0x11",
    accepted: null,
    identifier: null,
  } as const;
  const goods = { kind: "resource", path: "/report" } as const;
  const offer = {
    goods,
    price: authorization.value,
    description: "",
    mimeType: "",
    network: null,
    webhookUrl: null,
    owned: false,
  };
  const terms = termsOf(ports.config, offer, "/report", authorization.value);
  return settleOnce({ payment, accepted, terms }, ports, ports.now() + budgetMs);
}

/** A chain that shows the nonce unused at first, used from the second look on. */
export function usedMeanwhile(search: SettlementSearch, transaction: TransactionState = { kind: "unseen" }) {
  let looks = 0;
  return {
    authorizationState: async (): Promise<AuthorizationState> =>
      looks++ === 0 ? { kind: "unused", blockTime: BigInt(NOW) } : { kind: "used" },
    findSettlement: async () => search,
    transactionState: async () => transaction,
  };
}

export const found: SettlementSearch = { kind: "found", transaction: OTHER_TRANSACTION };
export const unknown = (fault: string): SettleOutcome => ({ kind: "unknown", fault });
export const named: SettleOutcome = { kind: "unknown", fault: "unclear_reason", transaction: TRANSACTION };
export const refused = (reason: RejectionReason): SettleOutcome => ({ kind: "rejected", reason });
