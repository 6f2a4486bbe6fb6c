/** Puts USDC and Multicall3 at the addresses that they have on the real network. */

import {
  type Address,
  concat,
  createPublicClient,
  createTestClient,
  encodeAbiParameters,
  type Hex,
  http,
} from "viem";
import type { Network } from "../../../protocol/network.ts";
import { fiatTokenAbi } from "./abi.ts";
import { compileContract } from "./compile.ts";

/** The same on every chain. Without it the official facilitator cannot tell why a payment would fail. */
export const multicall3Address: Address = "0xcA11bde05977b3631167028862bE2a173976CA11";

/** May mint the local USDC. Nobody has its key: anvil signs for it, as it does for any address it impersonates. */
export const minter: Address = "0x00000000000000000000000000000000ede40200";

const [fiatTokenConstructor] = fiatTokenAbi;

/** Safe to repeat on a chain that has the contracts already: it replaces code and leaves balances alone. */
export async function installContracts(rpcUrl: string, network: Network): Promise<void> {
  const transport = http(rpcUrl);
  const client = createPublicClient({ transport });
  const anvil = createTestClient({ mode: "anvil", transport });
  const [fiatToken, multicall3] = await Promise.all([
    compileContract(new URL("FiatToken.sol", import.meta.url)),
    compileContract(new URL("Multicall3.sol", import.meta.url)),
  ]);
  const { name, version, address } = network.usdc;
  const constructorArguments = encodeAbiParameters(fiatTokenConstructor.inputs, [name, version, minter]);

  // Running creation code in a call returns the runtime code with its immutables filled in, and leaves nothing behind.
  // The domain separator cached among them is for no address in particular, so the token recomputes it where it lands.
  const runtime = async (creation: Hex): Promise<Hex> => {
    const { data } = await client.call({ data: creation });
    if (data === undefined) throw new Error("a contract of the local chain returned no runtime code");
    return data;
  };
  await Promise.all([
    runtime(concat([fiatToken, constructorArguments])).then((bytecode) =>
      anvil.setCode({ address, bytecode }),
    ),
    runtime(multicall3).then((bytecode) => anvil.setCode({ address: multicall3Address, bytecode })),
  ]);
}
