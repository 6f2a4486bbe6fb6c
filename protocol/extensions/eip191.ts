/** EIP-191 personal messages (`personal_sign`): the digest of a text and who signed it. viem is the oracle in the tests. */

import { normaliseSignature, recoverSigner } from "../eip3009.ts";
import type { Address, Hex } from "../hex.ts";
import { keccak256 } from "../keccak.ts";

/** The first byte is no valid start of a transaction, so that a signed text can't be one. */
const PREFIX = "\u0019Ethereum Signed Message:\n";

const utf8 = new TextEncoder();

/** The 32 bytes that a wallet signs for this text. */
export function personalMessageDigest(text: string): Uint8Array {
  const message = utf8.encode(text);
  return keccak256(Buffer.concat([utf8.encode(PREFIX + message.length), message]));
}

/** Who signed this text, or undefined when the signature is not an ordinary account's. */
export function recoverMessageSigner(text: string, signature: Hex): Address | undefined {
  return recoverSigner(personalMessageDigest(text), normaliseSignature(signature));
}
