/** A refund to sign: good but for what a test changes. */

import type { Authorization } from "../../../protocol/eip3009.ts";
import type { Address } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";

export function refundFrom(wallet: Address, change: Partial<Authorization> = {}): Authorization {
  return {
    from: wallet,
    to: `0x${"ab".repeat(20)}`,
    value: usdc(4_200_000n),
    validAfter: 0n,
    validBefore: 2_000_000_000n,
    nonce: `0x${"cd".repeat(32)}`,
    ...change,
  };
}
