/**
 * A chain that follows a script: one payment, which lands when the test says so, and refunds, which it carries out by
 * the token's own rules.
 */

import type { Chain } from "../../origin/purchase/ports.ts";
import { type Authorization, authorizationDigest, recoverSigner } from "../../protocol/eip3009.ts";
import type { Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { SettleOutcome } from "../../protocol/settlement.ts";
import type { FakeClock } from "./origin-clock.ts";
import { REFUND_WALLET } from "./origin-signer.ts";

/** The one transaction that settles a payment here. */
export const TRANSACTION: Hex = `0x${"7a".repeat(32)}`;

/** The transactions of refunds, in the order of their submission. */
export function refundTransaction(index: number): Hex {
  return `0x${"7b".repeat(31)}${index.toString(16).padStart(2, "0")}`;
}

const NEVER = Number.POSITIVE_INFINITY;

/** A refund on its way into a block, or in one. */
export interface RefundTransfer {
  readonly authorization: Authorization;
  readonly transaction: Hex;
  /** Unix milliseconds. */
  readonly landsAt: number;
}

/** Times are Unix milliseconds, from which each thing is so. */
export interface ChainScript extends Chain {
  /** The payment is in a block. */
  landsAt: number;
  /** The payment's nonce went to something else. */
  usedElsewhereAt: number;
  /** The endpoint answers. */
  reachableAt: number;
  /** What the refund wallet holds. Atomic units. */
  walletBalance: bigint;
  /** From the submission of a refund to its block. Milliseconds. */
  refundDelayMs: number;
  /** Every refund that the token accepted. */
  readonly refunds: RefundTransfer[];
  /** Submits a refund, as a facilitator does, and says what an honest one says. */
  payRefund(payment: {
    readonly network: Network;
    readonly authorization: Authorization;
    readonly signature: Hex;
  }): SettleOutcome;
}

export function scriptedChain(clock: FakeClock): ChainScript {
  /** The refund that uses a nonce, or is about to. What would land after its own expiry never does. */
  const refundWith = (nonce: Hex) =>
    chain.refunds.find(({ authorization, landsAt }) => {
      const expiresAt = Number(authorization.validBefore) * 1_000;
      return authorization.nonce === nonce && (landsAt < expiresAt || clock.now() < expiresAt);
    });

  const chain: ChainScript = {
    landsAt: NEVER,
    usedElsewhereAt: NEVER,
    reachableAt: 0,
    walletBalance: 1_000_000_000n,
    refundDelayMs: 0,
    refunds: [],

    async authorizationState(_, { from, nonce }) {
      const now = clock.now();
      if (now < chain.reachableAt) return { kind: "unreachable" };
      const usedAt =
        from === REFUND_WALLET
          ? (refundWith(nonce)?.landsAt ?? NEVER)
          : Math.min(chain.landsAt, chain.usedElsewhereAt);
      return now >= usedAt
        ? { kind: "used" }
        : { kind: "unused", blockTime: BigInt(Math.floor(now / 1_000)) };
    },

    async findSettlement(_, { from, to, value, nonce }) {
      const now = clock.now();
      if (now < chain.reachableAt) return { kind: "unreachable" };
      if (from === REFUND_WALLET) {
        const refund = refundWith(nonce);
        if (refund === undefined || now < refund.landsAt) return { kind: "not_found" };
        const isThisOne = refund.authorization.to === to && refund.authorization.value === value;
        return isThisOne ? { kind: "found", transaction: refund.transaction } : { kind: "used_elsewhere" };
      }
      if (now >= chain.usedElsewhereAt) return { kind: "used_elsewhere" };
      return now >= chain.landsAt ? { kind: "found", transaction: TRANSACTION } : { kind: "not_found" };
    },

    async usdcBalance() {
      return clock.now() < chain.reachableAt ? undefined : chain.walletBalance;
    },

    isReachable: async () => clock.now() >= chain.reachableAt,

    payRefund({ network, authorization, signature }) {
      const now = clock.now();
      const signer = recoverSigner(authorizationDigest(network, authorization), signature);
      if (signer !== authorization.from) return { kind: "rejected", reason: "invalid_signature" };
      if (now >= Number(authorization.validBefore) * 1_000) return { kind: "rejected", reason: "expired" };
      if (refundWith(authorization.nonce) !== undefined) return { kind: "spent" };
      if (chain.walletBalance < authorization.value)
        return { kind: "rejected", reason: "insufficient_funds" };
      const transaction = refundTransaction(chain.refunds.length);
      const landsAt = now + chain.refundDelayMs;
      chain.refunds.push({ authorization, transaction, landsAt });
      if (landsAt < Number(authorization.validBefore) * 1_000) chain.walletBalance -= authorization.value;
      return { kind: "settled", transaction };
    },
  };
  return chain;
}
