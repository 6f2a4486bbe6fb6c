/** A refund wallet whose private key is in this process: for the local stack and for merchants without KMS. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hexToBytes, parseBytes32 } from "../../protocol/hex.ts";
import { ok } from "../../protocol/result.ts";
import { accountOf } from "./ecdsa.ts";
import type { RefundSigner } from "./port.ts";
import { createRefundSigner } from "./refund-signer.ts";

/**
 * @param privateKey 32 bytes of hex after `0x`
 * @throws TypeError when it is no secp256k1 private key; the message does not repeat it
 */
export function createLocalKeySigner(privateKey: string): RefundSigner {
  const hex = parseBytes32(privateKey);
  if (hex === undefined) {
    throw new TypeError("The refund wallet's private key must be 0x and 64 hex digits.");
  }
  const secret = hexToBytes(hex);
  if (!secp256k1.utils.isValidSecretKey(secret)) {
    throw new TypeError("The refund wallet's private key is out of secp256k1's range.");
  }
  const address = accountOf(secp256k1.getPublicKey(secret, false));
  return createRefundSigner({
    address: async () => ok(address),
    async signDigest(digest) {
      const signature = secp256k1.sign(digest, secret, { prehash: false });
      return ok(secp256k1.Signature.fromBytes(signature));
    },
  });
}
