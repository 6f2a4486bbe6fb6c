/** The refund wallet: a real key, which can be made to refuse. */

import { privateKeyToAccount } from "viem/accounts";
import { createLocalKeySigner } from "../../origin/signer/local-key.ts";
import type { RefundSigner, SignerFault } from "../../origin/signer/port.ts";
import type { Authorization } from "../../protocol/eip3009.ts";
import { parseAddress } from "../../protocol/hex.ts";
import { fail } from "../../protocol/result.ts";

const REFUND_KEY = `0x${"33".repeat(32)}` as const;

const address = parseAddress(privateKeyToAccount(REFUND_KEY).address);
if (address === undefined) throw new Error("an account has an address");

export const REFUND_WALLET = address;

export interface SignerScript extends RefundSigner {
  /** What it answers instead of signing. */
  fault: SignerFault | null;
  /** What it signed. */
  readonly signed: Authorization[];
}

export function scriptedSigner(): SignerScript {
  const signer = createLocalKeySigner(REFUND_KEY);
  const script: SignerScript = {
    fault: null,
    signed: [],
    address: () => signer.address(),
    async sign(network, authorization) {
      if (script.fault !== null) return fail(script.fault);
      script.signed.push(authorization);
      return signer.sign(network, authorization);
    },
  };
  return script;
}
