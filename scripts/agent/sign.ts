/** Signs an EIP-3009 authorization for an offer and wraps it as the payment header of the challenge's version. */

import { privateKeyToAccount } from "viem/accounts";
import { type Authorization, transferWithAuthorizationTypes, usdcDomain } from "../../protocol/eip3009.ts";
import { HEADER } from "../../protocol/headers.ts";
import { type Address, checksumAddress, type Hex, parseAddress } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import { encodeBase64 } from "../../protocol/text.ts";
import type { Challenge } from "./challenge.ts";
import type { Offer } from "./offer.ts";

/** Whatever holds the key. */
export interface Signer {
  readonly address: Address;
  /** The 65-byte signature of the authorization under the network's own USDC domain. */
  signTransfer(network: Network, authorization: Authorization): Promise<Hex>;
}

/**
 * A signer that holds the key in memory.
 *
 * @throws RangeError when the bytes are no secp256k1 key; the message does not repeat them
 */
export function localSigner(privateKey: Hex): Signer {
  const account = accountOf(privateKey);
  const address = parseAddress(account.address);
  if (address === undefined) throw new RangeError("The key has no address.");
  return {
    address,
    signTransfer: (network, authorization) =>
      account.signTypedData({
        domain: usdcDomain(network),
        types: transferWithAuthorizationTypes,
        primaryType: "TransferWithAuthorization",
        message: authorization,
      }),
  };
}

function accountOf(privateKey: Hex) {
  try {
    return privateKeyToAccount(privateKey);
  } catch {
    // The library's own message may quote the key.
    throw new RangeError("The private key is out of secp256k1's range.");
  }
}

export interface SignedPayment {
  readonly offer: Offer;
  readonly payer: Address;
  /** Unix seconds. */
  readonly validBefore: bigint;
  /** The one header that carries the payment. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @param nowSeconds Unix seconds */
export async function signPayment(
  challenge: Challenge,
  offer: Offer,
  signer: Signer,
  nowSeconds: number,
  nonce: Hex,
): Promise<SignedPayment> {
  const authorization: Authorization = {
    from: signer.address,
    to: offer.payTo,
    value: offer.amount,
    validAfter: 0n,
    validBefore: BigInt(nowSeconds + offer.maxTimeoutSeconds),
    nonce,
  };
  const signature = await signer.signTransfer(offer.network, authorization);
  const payload = { signature, authorization: wireAuthorization(authorization) };
  return {
    offer,
    payer: signer.address,
    validBefore: authorization.validBefore,
    headers: paymentHeader(challenge, offer, payload),
  };
}

function paymentHeader(challenge: Challenge, offer: Offer, payload: object): Record<string, string> {
  const { x402Version, resource, extensions } = challenge;
  if (x402Version === 1) {
    const payment = { x402Version, scheme: "exact", network: offer.network.v1Name, payload };
    return { [HEADER.xPayment]: encodeBase64(JSON.stringify(payment)) };
  }
  // JSON leaves out what is undefined.
  const payment = { x402Version, resource, accepted: offer.accepted, payload, extensions };
  return { [HEADER.paymentSignature]: encodeBase64(JSON.stringify(payment)) };
}

/** As x402 has it in JSON. */
export function wireAuthorization({ from, to, value, validAfter, validBefore, nonce }: Authorization) {
  return {
    from: checksumAddress(from),
    to: checksumAddress(to),
    value: value.toString(),
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
    nonce,
  };
}
