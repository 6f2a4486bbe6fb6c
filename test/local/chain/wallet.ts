/** Deploys the tests' wallet contract. */

import { type Address, concat, createWalletClient, encodeAbiParameters, http, type LocalAccount } from "viem";
import { compileContract } from "../../../scripts/local/chain/compile.ts";
import type { LocalChain } from "../../../scripts/local/chain/start-chain.ts";

/** @param deployer needs native gas */
export async function deployWallet(
  chain: LocalChain,
  deployer: LocalAccount,
  owner: Address,
): Promise<Address> {
  const creation = await compileContract(new URL("ContractWallet.sol", import.meta.url));
  const wallet = createWalletClient({ account: deployer, transport: http(chain.rpcUrl) });
  const hash = await wallet.sendTransaction({
    data: concat([creation, encodeAbiParameters([{ type: "address" }], [owner])]),
    chain: null,
  });
  const { contractAddress } = await chain.client.waitForTransactionReceipt({ hash });
  if (contractAddress == null) throw new Error("the wallet was not deployed");
  return contractAddress;
}
