/** Signs EIP-3009 authorizations for the tests of the local chain and facilitator. */

import { randomBytes } from "node:crypto";
import type { Address, Hex, LocalAccount } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Network } from "../../../protocol/network.ts";

export interface Authorization {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
}

const types = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

export function newAccount() {
  return privateKeyToAccount(generatePrivateKey());
}

export function newNonce(): Hex {
  return `0x${randomBytes(32).toString("hex")}`;
}

export function secondsFromNow(seconds: number): bigint {
  return BigInt(Math.floor(Date.now() / 1000) + seconds);
}

export function domainOf({ usdc, chainId }: Network) {
  return { name: usdc.name, version: usdc.version, chainId, verifyingContract: usdc.address } as const;
}

/** A good authorization of 1 USDC for two minutes, but for `change`. */
export function authorize(from: Address, to: Address, change: Partial<Authorization> = {}): Authorization {
  return {
    from,
    to,
    value: 1_000_000n,
    validAfter: 0n,
    validBefore: secondsFromNow(120),
    nonce: newNonce(),
    ...change,
  };
}

export function sign(signer: LocalAccount, network: Network, message: Authorization): Promise<Hex> {
  return signer.signTypedData({
    domain: domainOf(network),
    types,
    primaryType: "TransferWithAuthorization",
    message: { ...message },
  });
}
