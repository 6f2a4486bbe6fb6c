/** Who buys, known before the purchase begins: a wallet and a nonce of its own, so that the chain can be read without us. */

import { createHash } from "node:crypto";
import { privateKeyToAddress } from "viem/accounts";
import { refundNonce } from "../../origin/purchase/refund.ts";
import type { Address } from "../../protocol/hex.ts";
import { bytesToHex, type Hex, parseAddress } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import { orderId } from "../../protocol/order.ts";
import type { SimulatedOrder } from "../local/supplier/ledger.ts";
import type { Passing } from "./book.ts";

export interface Subject {
  readonly network: Network;
  readonly key: Hex;
  readonly payer: Address;
  readonly nonce: Hex;
  readonly orderId: string;
  /** Goes with every request to the gateway. */
  readonly agentId: string;
}

/** The same seed and name make the same subject. */
export function subjectOf(seed: number, name: string, network: Network): Subject {
  const secret = (what: string): Hex =>
    bytesToHex(
      createHash("sha256")
        .update(JSON.stringify([what, seed, name]))
        .digest(),
    );
  const key = secret("key");
  const payer = parseAddress(privateKeyToAddress(key));
  if (payer === undefined) throw new Error("a key has an address");
  const nonce = secret("nonce");
  const id = orderId({ network, payer, nonce });
  return { network, key, payer, nonce, orderId: id, agentId: `buyer-${id.slice(4, 24)}` };
}

/** Whether a request is about this purchase, whatever it calls it. */
export function isAbout(subject: Subject, orders: readonly SimulatedOrder[]): (passing: Passing) => boolean {
  const { payer, nonce, orderId: id, agentId } = subject;
  const known = [payer.slice(2), nonce.slice(2), id, agentId, refundNonce(id, 1).slice(2)];
  return ({ backend, text }) => {
    if (known.some((name) => text.includes(name))) return true;
    if (backend !== "supplier") return false;
    // Its later requests name the supplier's own numbers.
    const order = orders.find(({ transactionId }) => transactionId.startsWith(id));
    if (order === undefined) return false;
    const theirs = [order.orderNo, ...order.profiles.map(({ esimTranNo }) => esimTranNo)];
    return theirs.some((name) => text.includes(name.toLowerCase()));
  };
}

/** Whether a request is about this purchase's refund rather than its payment. */
export function isAboutRefund({ orderId: id }: Subject): (passing: Passing) => boolean {
  const nonce = refundNonce(id, 1).slice(2);
  return ({ text }) => text.includes(nonce);
}
