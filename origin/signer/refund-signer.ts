/** What every refund signer promises, kept in one place, over any key that can sign 32 bytes. */

import { authorizationDigest } from "../../protocol/eip3009.ts";
import type { Address } from "../../protocol/hex.ts";
import { fail, ok, type Result } from "../../protocol/result.ts";
import { type EcdsaSignature, recoverableSignature } from "./ecdsa.ts";
import type { RefundSigner, SignerFault } from "./port.ts";

/** A secp256k1 key. Neither method throws. */
export interface SigningKey {
  address(): Promise<Result<Address, SignerFault>>;
  /** @param digest 32 bytes, signed as they are */
  signDigest(digest: Uint8Array): Promise<Result<EcdsaSignature, SignerFault>>;
}

export function createRefundSigner(key: SigningKey): RefundSigner {
  return {
    address: () => key.address(),
    async sign(network, authorization) {
      const wallet = await key.address();
      if (!wallet.ok) return wallet;
      // A refund that was planned before the wallet was replaced spends another wallet's money.
      if (authorization.from !== wallet.value) return fail("wrong_key");
      const digest = authorizationDigest(network, authorization);
      const signed = await key.signDigest(digest);
      if (!signed.ok) return signed;
      const signature = recoverableSignature(digest, signed.value, wallet.value);
      return signature === undefined ? fail("wrong_key") : ok(signature);
    },
  };
}
