/** The origin's ports with a span around each call. Attributes name the order, the chain and the outcome; nothing else. */

import type { Facilitator } from "../../protocol/facilitator.ts";
import type { Address } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import { orderId } from "../../protocol/order.ts";
import type { OriginLogEvent } from "../log.ts";
import type { ProofChain } from "../proof/prove.ts";
import type { Chain, Store } from "../purchase/ports.ts";
import type { TransferSource } from "../reconcile/ports.ts";
import type { SupplierLifecycle } from "../supplier/lifecycle.ts";
import type { Refused, Supplier, Unknown } from "../supplier/port.ts";
import type { Attributes, Telemetry } from "./telemetry.ts";

type Kind = { readonly kind: string };

const kindOf = ({ kind }: Kind) => kind;
const foundOrNot = (answer: unknown) => (answer === undefined ? "none" : "found");
const ofOrder = (order: string): Attributes => ({ "edge402.order": order });
const onChain = ({ chain }: Network): Attributes => ({ "edge402.chain": chain });

export function tracedStore(store: Store, telemetry: Telemetry): Store {
  const to = "table";
  return {
    ...store,
    claim: (purchase) =>
      telemetry.call(
        {
          to,
          what: "claim",
          attributes: { ...ofOrder(purchase.id), ...onChain(purchase.network) },
          outcome: kindOf,
        },
        () => store.claim(purchase),
      ),
    get: (id) =>
      telemetry.call({ to, what: "get", attributes: ofOrder(id), outcome: foundOrNot }, () => store.get(id)),
    save: (next) =>
      telemetry.call(
        {
          to,
          what: "save",
          attributes: { ...ofOrder(next.id), "edge402.state": next.state },
          outcome: (saved) => saved,
        },
        () => store.save(next),
      ),
    holdKey: (key, order, from) =>
      telemetry.call(
        {
          to,
          what: "hold key",
          attributes: ofOrder(order),
          outcome: (holder) => (holder === order ? "held" : "taken"),
        },
        () => store.holdKey(key, order, from),
      ),
    due: (now, limit) =>
      telemetry.call({ to, what: "due", attributes: {}, outcome: ({ length }) => `${length} due` }, () =>
        store.due(now, limit),
      ),
  };
}

export function tracedChain(chain: Chain, telemetry: Telemetry): Chain {
  const to = "chain";
  return {
    ...chain,
    authorizationState: (network, authorization) =>
      telemetry.call({ to, what: "authorization state", attributes: onChain(network), outcome: kindOf }, () =>
        chain.authorizationState(network, authorization),
      ),
    findSettlement: (network, authorization, since) =>
      telemetry.call({ to, what: "find settlement", attributes: onChain(network), outcome: kindOf }, () =>
        chain.findSettlement(network, authorization, since),
      ),
    usdcBalance: (network, owner) =>
      telemetry.call({ to, what: "balance", attributes: onChain(network), outcome: foundOrNot }, () =>
        chain.usdcBalance(network, owner),
      ),
  };
}

export function tracedProofChain(chain: ProofChain, telemetry: Telemetry): ProofChain {
  return {
    transaction: (network, hash) =>
      telemetry.call(
        { to: "chain", what: "transaction", attributes: onChain(network), outcome: kindOf },
        () => chain.transaction(network, hash),
      ),
  };
}

export function tracedTransfers(source: TransferSource, telemetry: Telemetry): TransferSource {
  const to = "chain";
  return {
    head: (network) =>
      telemetry.call({ to, what: "head", attributes: onChain(network), outcome: foundOrNot }, () =>
        source.head(network),
      ),
    incoming: (network, ...range) =>
      telemetry.call({ to, what: "transfers", attributes: onChain(network), outcome: kindOf }, () =>
        source.incoming(network, ...range),
      ),
  };
}

/**
 * Says in the log when a payment is handed over, too: what happens after that line can move money.
 *
 * @param isPayTo whether an address is the merchant's: what goes to others is a refund, and no payment's order
 */
export function tracedFacilitator(
  facilitator: Facilitator,
  telemetry: Telemetry,
  isPayTo: (network: Network, address: Address) => boolean,
  log: (event: OriginLogEvent) => void,
): Facilitator {
  return {
    ...facilitator,
    settle(request) {
      const { network, authorization } = request.payment;
      const { from: payer, to, nonce } = authorization;
      const isPayment = isPayTo(network, to);
      const order = orderId({ network, payer, nonce });
      if (isPayment) log({ event: "settlement_submitted", order, chain: network.chain });
      const what = isPayment ? "settle" : "refund";
      const attributes = { ...onChain(network), ...(isPayment ? ofOrder(order) : {}) };
      return telemetry.call({ to: "facilitator", what, attributes, outcome: kindOf }, () =>
        facilitator.settle(request),
      );
    },
  };
}

/** The supplier's own reasons are a closed set of words, never its text. */
function supplierOutcome(answer: Kind | Refused | Unknown): string {
  if ("reason" in answer) return `refused: ${answer.reason}`;
  return "detail" in answer ? `unknown: ${answer.detail}` : answer.kind;
}

export function tracedSupplier(supplier: Supplier, telemetry: Telemetry): Supplier {
  const call = supplierCalls(telemetry);
  return {
    order: (request) => call("order", ofOrder(request.transactionId), () => supplier.order(request)),
    profiles: (orderNo) => call("profiles", {}, () => supplier.profiles(orderNo)),
    balance: () => call("balance", {}, () => supplier.balance()),
    packages: (filter) => call("packages", {}, () => supplier.packages(filter)),
    cancel: (esimTranNo) => call("cancel", {}, () => supplier.cancel(esimTranNo)),
  };
}

export function tracedLifecycle(supplier: SupplierLifecycle, telemetry: Telemetry): SupplierLifecycle {
  const call = supplierCalls(telemetry);
  return {
    topUp: (request) => call("top up", {}, () => supplier.topUp(request)),
    suspend: (esimTranNo) => call("suspend", {}, () => supplier.suspend(esimTranNo)),
    resume: (esimTranNo) => call("resume", {}, () => supplier.resume(esimTranNo)),
    revoke: (esimTranNo) => call("revoke", {}, () => supplier.revoke(esimTranNo)),
    usage: (esimTranNos) => call("usage", {}, () => supplier.usage(esimTranNos)),
    profileOf: (name) => call("profile", {}, () => supplier.profileOf(name)),
    saveWebhook: (url) => call("save webhook", {}, () => supplier.saveWebhook(url)),
  };
}

function supplierCalls(telemetry: Telemetry) {
  return <Answer extends Kind>(what: string, attributes: Attributes, work: () => Promise<Answer>) =>
    telemetry.call({ to: "supplier", what, attributes, outcome: supplierOutcome }, work);
}
