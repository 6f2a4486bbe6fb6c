/** Receiving addresses that nobody should be paid at: money sent there is lost, or is anybody's. */

import type { Config } from "../../protocol/config.ts";
import { type Address, checksumAddress } from "../../protocol/hex.ts";
import { networks } from "../../protocol/network.ts";
import type { Fault } from "./fault.ts";

/**
 * The first ten accounts of the mnemonic "test test … junk", whose keys are printed by every development chain. Bots
 * empty them on the real chains within seconds.
 */
export const publicAccounts: readonly Address[] = [
  "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
  "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
  "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
  "0x90f79bf6eb2c4f870365e785982e1f101e93b906",
  "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65",
  "0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
  "0x976ea74026e726554db657fa54763abd0c3a0aa9",
  "0x14dc79964da2c08b23698b3d3cc7ca32193d9955",
  "0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
  "0xa0ee7a142d267c1f36714e4a8f75612f20a79720",
];

/** Small numbers: the zero address, 0x…dEaD and the precompiled contracts; and burn addresses that begin like one. */
const BURNT = /^0x0{24}|^0xdead0{4}/;
const REPEATED = /^0x(?:(.)\1{39}|(..)\2{19}|(.{4})\3{9})$/;
const COUNTED = /^0x0?123456789/;

const tokens: readonly string[] = Object.values(networks).map(({ usdc }) => usdc.address.toLowerCase());

/** @param input the configuration's addresses as they were written, for their letters' case */
export function addressFaults(config: Config, input: readonly { readonly payTo: string }[]): Fault[] {
  return config.networks.flatMap(({ payTo }, index) => {
    const path = `networks.${index}.payTo`;
    const problem = whatIsWrong(payTo);
    if (problem !== undefined) {
      return [{ path, problem, fix: "write the address of a wallet whose key you hold" }];
    }
    const checksummed = checksumAddress(payTo);
    if (input[index]?.payTo === checksummed) return [];
    return [
      {
        path,
        problem: "the address has no EIP-55 checksum, so a mistyped digit would go unnoticed",
        fix: `compare it with your wallet; its checksummed form is ${checksummed}`,
      },
    ];
  });
}

function whatIsWrong(address: Address): string | undefined {
  if (BURNT.test(address) || REPEATED.test(address) || COUNTED.test(address)) {
    return "this is a placeholder, and nobody holds its key";
  }
  if (publicAccounts.includes(address)) return "the key of this test account is public";
  if (tokens.includes(address)) return "this is USDC's own contract, which gives nothing back";
  return undefined;
}
