/** Who signs refunds: the wallet they are paid from, wherever its key is kept. */

import type { Authorization } from "../../protocol/eip3009.ts";
import type { Address, Hex } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import type { Result } from "../../protocol/result.ts";

/**
 * Why there is no signature, by what is to be done about it.
 *
 * - `retry_later`: throttled, timed out, unreachable, or failing on its side. The same call may work in a moment.
 * - `disabled`: refused. The key is disabled, gone or closed to us, and stays so until an operator acts.
 * - `wrong_key`: this key can't sign this refund. It is no secp256k1 signing key, another wallet's, or what it signed
 *   is not the wallet's signature. An operator must look.
 */
export type SignerFault = "retry_later" | "disabled" | "wrong_key";

/** Neither method throws. */
export interface RefundSigner {
  /** The wallet that refunds are paid from. */
  address(): Promise<Result<Address, SignerFault>>;
  /**
   * The wallet's signature of an authorization whose `from` is the wallet: 65 bytes r, s, v, with low s and v 27 or 28,
   * proven by recovery before it is handed out. Signing again is harmless: the token takes a nonce once.
   */
  sign(network: Network, authorization: Authorization): Promise<Result<Hex, SignerFault>>;
}
