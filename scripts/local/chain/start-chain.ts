/** An EVM chain on this machine that looks like one of our networks: its chain id, and its USDC at its own address. */

import {
  type Address,
  createPublicClient,
  createTestClient,
  createWalletClient,
  getAddress,
  http,
  type PublicClient,
  parseEther,
} from "viem";
import type { Network } from "../../../protocol/network.ts";
import { fiatTokenAbi } from "./abi.ts";
import { runAnvil } from "./anvil.ts";
import { installContracts, minter } from "./install-contracts.ts";
import { createMutex } from "./mutex.ts";

/**
 * Seconds between the blocks of an idle chain.
 *
 * Measured with anvil 1.7.1: its timestamps never run ahead of wall time, whatever the interval, because blocks within
 * one second share a timestamp. `--block-time 0.25` did not drift either (30 s idle, and bursts of 20 transactions),
 * but a settlement would wait for it, and a state file would grow four times as fast (1.8 KB a block).
 * Mining each transaction at once keeps settlements quick; a block each second moves an idle chain's time on and lets
 * confirmations accrue. So run for three minutes, with bursts, the latest timestamp stayed 0.3 to 1.7 s behind.
 * Anvil's own `--mixed-mining` does the same, but cannot be switched off and on again, which `pauseMining` needs.
 */
const heartbeatSeconds = 1;

/** How often helpers look for a receipt. */
const pollingIntervalMs = 20;

const nativeFunds = parseEther("1000");

export interface ChainOptions {
  readonly network: Network;
  /** @default 0, a free one */
  readonly port?: number;
  /** Mine at this interval only, instead of mining each transaction at once. */
  readonly blockTimeSeconds?: number;
  /** Where the chain is kept between runs, saved every second. @default not kept */
  readonly stateFile?: string;
  /** Addresses to give native gas. */
  readonly funded: readonly Address[];
}

export interface LocalChain {
  readonly network: Network;
  readonly url: string;
  /** The same as `url`, by the name that those who connect to a chain use. */
  readonly rpcUrl: string;
  readonly client: PublicClient;
  /** Sets the native balance to 1,000 coins, which pays for gas. */
  fund(address: Address): Promise<void>;
  /** Mints `amount` atomic units of USDC (6 decimals). */
  mintUsdc(to: Address, amount: bigint): Promise<void>;
  /** In atomic units. */
  usdcBalance(of: Address): Promise<bigint>;
  mine(blocks: number): Promise<void>;
  /** Until `resumeMining`, transactions wait in the pool and time on the chain stands still. */
  pauseMining(): Promise<void>;
  resumeMining(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @throws ChainBinaryMissingError
 * @throws PortTakenError
 */
export async function startChain(options: ChainOptions): Promise<LocalChain> {
  const { network, blockTimeSeconds } = options;
  const anvilProcess = await runAnvil(options.port ?? 0, anvilArguments(options));
  const { url } = anvilProcess;
  const transport = http(url);
  const client = createPublicClient({ transport, pollingInterval: pollingIntervalMs, cacheTime: 0 });
  const anvil = createTestClient({ mode: "anvil", transport });
  const minterWallet = createWalletClient({ account: minter, transport });
  const oneAtATime = createMutex();
  const usdc = { address: network.usdc.address, abi: fiatTokenAbi } as const;

  let heartbeat: NodeJS.Timeout | undefined;
  const startHeartbeat = (): void => {
    // A beat that fails is only late: whoever needs the chain next meets the same error and reports it.
    const beat = () => void anvil.mine({ blocks: 1 }).catch(() => undefined);
    heartbeat = setInterval(beat, (blockTimeSeconds ?? heartbeatSeconds) * 1000).unref();
  };

  const fund = (address: Address) => anvil.setBalance({ address, value: nativeFunds });

  try {
    await Promise.all([
      installContracts(url, network),
      anvil.impersonateAccount({ address: minter }),
      ...[minter, ...options.funded].map(fund),
    ]);
    await anvil.mine({ blocks: 1 });
  } catch (error) {
    await anvilProcess.close();
    throw error;
  }
  startHeartbeat();

  return {
    network,
    url,
    rpcUrl: url,
    client,
    fund,
    async mintUsdc(to, amount) {
      const mint = { ...usdc, functionName: "mint", args: [getAddress(to), amount], chain: null } as const;
      const hash = await oneAtATime(() => minterWallet.writeContract(mint));
      const { status } = await client.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error(`minting to ${to} failed`);
    },
    usdcBalance: (of) => client.readContract({ ...usdc, functionName: "balanceOf", args: [of] }),
    mine: (blocks) => anvil.mine({ blocks }),
    async pauseMining() {
      clearInterval(heartbeat);
      await anvil.setAutomine(false);
    },
    async resumeMining() {
      clearInterval(heartbeat);
      if (blockTimeSeconds === undefined) await anvil.setAutomine(true);
      await anvil.mine({ blocks: 1 });
      startHeartbeat();
    },
    async close() {
      clearInterval(heartbeat);
      await anvilProcess.close();
    },
  };
}

function anvilArguments({ network, blockTimeSeconds, stateFile }: ChainOptions): string[] {
  return [
    ...["--chain-id", String(network.chainId)],
    // No accounts whose keys everybody knows.
    ...["--accounts", "0"],
    // Else anvil writes every block's state to the home directory and leaves it there: gigabytes in a day.
    // A few blocks are kept in memory: reads of "latest" fail when a block is mined meanwhile and none are.
    ...["--prune-history", "32"],
    ...(blockTimeSeconds === undefined ? [] : ["--no-mining"]),
    ...(stateFile === undefined ? [] : ["--state", stateFile, "--state-interval", "1"]),
  ];
}
