/** The token of the local chain behaves as USDC does towards a facilitator and a gateway. */

import {
  BaseError,
  ContractFunctionRevertedError,
  concat,
  createWalletClient,
  domainSeparator,
  type Hex,
  http,
  parseEventLogs,
  parseSignature,
} from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { networks } from "../../../protocol/network.ts";
import { fiatTokenAbi } from "../../../scripts/local/chain/abi.ts";
import { type LocalChain, startChain } from "../../../scripts/local/chain/start-chain.ts";
import {
  type Authorization,
  authorize,
  domainOf,
  newAccount,
  secondsFromNow,
  sign,
} from "./authorization.ts";
import { deployWallet } from "./wallet.ts";

const network = networks.base;
const usdc = { address: network.usdc.address, abi: fiatTokenAbi } as const;
const payer = newAccount();
const relayer = newAccount();
const merchant = newAccount().address;
let chain: LocalChain;

beforeAll(async () => {
  chain = await startChain({ network, funded: [relayer.address] });
  await chain.mintUsdc(payer.address, 50_000_000n);
});
afterAll(() => chain.close());

/** Runs the bytes overload in a call: what it reverts with, or null. */
async function revertReason(authorization: Authorization, signature: Hex): Promise<string | null> {
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  try {
    await chain.client.simulateContract({
      ...usdc,
      functionName: "transferWithAuthorization",
      args: [from, to, value, validAfter, validBefore, nonce, signature],
    });
    return null;
  } catch (error) {
    const cause =
      error instanceof BaseError ? error.walk((e) => e instanceof ContractFunctionRevertedError) : undefined;
    if (cause instanceof ContractFunctionRevertedError && cause.reason !== undefined) return cause.reason;
    throw error;
  }
}

async function send(authorization: Authorization, signature: Hex, form: "vrs" | "bytes") {
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  const wallet = createWalletClient({ account: relayer, transport: http(chain.rpcUrl) });
  const transfer = { ...usdc, functionName: "transferWithAuthorization", chain: null } as const;
  const common = [from, to, value, validAfter, validBefore, nonce] as const;
  let hash: Hex;
  if (form === "vrs") {
    const { r, s, yParity } = parseSignature(signature);
    hash = await wallet.writeContract({ ...transfer, args: [...common, 27 + yParity, r, s] });
  } else hash = await wallet.writeContract({ ...transfer, args: [...common, signature] });
  return chain.client.waitForTransactionReceipt({ hash });
}

describe("transferWithAuthorization", () => {
  test.each([
    "vrs",
    "bytes",
  ] as const)("moves USDC and spends the nonce through the %s overload", async (form) => {
    const authorization = authorize(payer.address, merchant);
    const before = await chain.usdcBalance(merchant);
    const receipt = await send(authorization, await sign(payer, network, authorization), form);
    const events = parseEventLogs({ abi: fiatTokenAbi, logs: receipt.logs });
    expect(events.map(({ eventName, args }) => ({ eventName, args }))).toEqual([
      { eventName: "AuthorizationUsed", args: { authorizer: payer.address, nonce: authorization.nonce } },
      { eventName: "Transfer", args: { from: payer.address, to: merchant, value: authorization.value } },
    ]);
    expect((await chain.usdcBalance(merchant)) - before).toBe(authorization.value);
    const spent = { ...usdc, functionName: "authorizationState" } as const;
    expect(await chain.client.readContract({ ...spent, args: [payer.address, authorization.nonce] })).toBe(
      true,
    );
  });

  test("takes a contract wallet's ERC-1271 signature", async () => {
    const wallet = await deployWallet(chain, relayer, payer.address);
    await chain.mintUsdc(wallet, 2_000_000n);
    const authorization = authorize(wallet, merchant);
    const signature = concat(["0x00", await sign(payer, network, authorization)]);
    const receipt = await send(authorization, signature, "bytes");
    expect(receipt.status).toBe("success");
    expect(await chain.usdcBalance(wallet)).toBe(1_000_000n);
  });

  test("refuses a used nonce", async () => {
    const authorization = authorize(payer.address, merchant);
    const signature = await sign(payer, network, authorization);
    await send(authorization, signature, "bytes");
    expect(await revertReason(authorization, signature)).toBe(
      "FiatTokenV2: authorization is used or canceled",
    );
  });

  test.each([
    ["an expired window", { validBefore: 1n }, "FiatTokenV2: authorization is expired"],
    [
      "a window that has not begun",
      { validAfter: secondsFromNow(600) },
      "FiatTokenV2: authorization is not yet valid",
    ],
    [
      // OpenZeppelin's ERC-3009 would take this one for a range of block numbers.
      "a window with the block number flag in it, by timestamp",
      { validAfter: 1n << 47n, validBefore: (1n << 47n) + 1_000_000n },
      "FiatTokenV2: authorization is not yet valid",
    ],
    ["more than the balance", { value: 10n ** 12n }, "ERC20: transfer amount exceeds balance"],
  ] as const)("refuses %s", async (_, change, reason) => {
    const authorization = authorize(payer.address, merchant, change);
    expect(await revertReason(authorization, await sign(payer, network, authorization))).toBe(reason);
  });

  test("refuses a signature by somebody else, and one over other contents", async () => {
    const authorization = authorize(payer.address, merchant);
    const reason = "FiatTokenV2: invalid signature";
    expect(await revertReason(authorization, await sign(relayer, network, authorization))).toBe(reason);
    const signature = await sign(payer, network, authorization);
    expect(await revertReason({ ...authorization, value: 2_000_000n }, signature)).toBe(reason);
    expect(await revertReason(authorization, signature)).toBe(null);
  });
});

test("a cancelled authorization can never be used", async () => {
  const authorization = authorize(payer.address, merchant);
  const cancellation = await payer.signTypedData({
    domain: domainOf(network),
    types: {
      CancelAuthorization: [
        { name: "authorizer", type: "address" },
        { name: "nonce", type: "bytes32" },
      ],
    },
    primaryType: "CancelAuthorization",
    message: { authorizer: payer.address, nonce: authorization.nonce },
  });
  const wallet = createWalletClient({ account: relayer, transport: http(chain.rpcUrl) });
  const hash = await wallet.writeContract({
    ...usdc,
    functionName: "cancelAuthorization",
    args: [payer.address, authorization.nonce, cancellation],
    chain: null,
  });
  await chain.client.waitForTransactionReceipt({ hash });
  expect(await revertReason(authorization, await sign(payer, network, authorization))).toBe(
    "FiatTokenV2: authorization is used or canceled",
  );
});

test("only the minter mints", async () => {
  const mint = chain.client.simulateContract({
    ...usdc,
    functionName: "mint",
    args: [relayer.address, 1n],
    account: relayer.address,
  });
  await expect(mint).rejects.toThrow("caller is not a minter");
});

test("the token says what the network's USDC says of itself", async () => {
  const read = (functionName: "name" | "symbol" | "version" | "decimals" | "DOMAIN_SEPARATOR") =>
    chain.client.readContract({ ...usdc, functionName });
  expect(await read("name")).toBe(network.usdc.name);
  expect(await read("symbol")).toBe("USDC");
  expect(await read("version")).toBe(network.usdc.version);
  expect(await read("decimals")).toBe(6);
  expect(await read("DOMAIN_SEPARATOR")).toBe(domainSeparator({ domain: domainOf(network) }));
});
