/** Payers whose EIP-3009 authorizations are carried out on the local chain, alone or several in one transaction. */

import { randomBytes } from "node:crypto";
import {
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  type PrivateKeyAccount,
  parseAbi,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { type Authorization, transferWithAuthorizationTypes, usdcDomain } from "../../../protocol/eip3009.ts";
import { type Address, bytesToHex, parseAddress } from "../../../protocol/hex.ts";
import { usdc } from "../../../protocol/money.ts";
import { fiatTokenAbi } from "../../../scripts/local/chain/abi.ts";
import { multicall3Address } from "../../../scripts/local/chain/install-contracts.ts";
import type { LocalChain } from "../../../scripts/local/chain/start-chain.ts";

const multicallAbi = parseAbi([
  "struct Call3 { address target; bool allowFailure; bytes callData; }",
  "function aggregate3(Call3[] calls) payable",
]);

const cancelTypes = {
  CancelAuthorization: [
    { name: "authorizer", type: "address" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

export interface Payer {
  readonly address: Address;
  readonly account: PrivateKeyAccount;
}

export interface UsdcWallet {
  /** A new account with 100 USDC. */
  newPayer(): Promise<Payer>;
  /** The token call that carries out an authorization. */
  transfer(payer: Payer, authorization: Authorization): Promise<Hex>;
  /** The token call that cancels a nonce. */
  cancel(payer: Payer, nonce: Hex): Promise<Hex>;
  /** Sends the calls in one transaction, in this order, and returns its hash once it is mined. */
  send(...calls: readonly Hex[]): Promise<Hex>;
}

export function authorizationOf(
  payer: Payer,
  to: Address,
  change: Partial<Authorization> = {},
): Authorization {
  return {
    from: payer.address,
    to,
    value: usdc(4_200_000n),
    validAfter: 0n,
    validBefore: BigInt(Math.floor(Date.now() / 1_000) + 600),
    nonce: bytesToHex(randomBytes(32)),
    ...change,
  };
}

/** Anyone may hand in an authorization; this wallet's only part is the gas. */
export async function usdcWallet(chain: LocalChain): Promise<UsdcWallet> {
  const domain = usdcDomain(chain.network);
  const sender = privateKeyToAccount(generatePrivateKey());
  await chain.fund(sender.address);
  const wallet = createWalletClient({ account: sender, transport: http(chain.rpcUrl) });
  return {
    async newPayer() {
      const account = privateKeyToAccount(generatePrivateKey());
      const address = parseAddress(account.address);
      if (address === undefined) throw new Error("an account has an address");
      await chain.mintUsdc(address, 100_000_000n);
      return { address, account };
    },
    async transfer({ account }, authorization) {
      const { from, to, value, validAfter, validBefore, nonce } = authorization;
      const signature = await account.signTypedData({
        domain,
        types: transferWithAuthorizationTypes,
        primaryType: "TransferWithAuthorization",
        message: authorization,
      });
      return encodeFunctionData({
        abi: fiatTokenAbi,
        functionName: "transferWithAuthorization",
        args: [from, to, value, validAfter, validBefore, nonce, signature],
      });
    },
    async cancel({ account, address }, nonce) {
      const signature = await account.signTypedData({
        domain,
        types: cancelTypes,
        primaryType: "CancelAuthorization",
        message: { authorizer: address, nonce },
      });
      return encodeFunctionData({
        abi: fiatTokenAbi,
        functionName: "cancelAuthorization",
        args: [address, nonce, signature],
      });
    },
    async send(...calls) {
      const hash = await wallet.writeContract({
        address: multicall3Address,
        abi: multicallAbi,
        functionName: "aggregate3",
        args: [
          calls.map((callData) => ({ target: chain.network.usdc.address, allowFailure: false, callData })),
        ],
        chain: null,
      });
      const { status } = await chain.client.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error("the transaction was reverted");
      return hash;
    },
  };
}
