/** On a real chain, USDC's own contract takes what the refund signers sign, and takes it once. */

import { createWalletClient, type Hex, http } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalKeySigner } from "../../../origin/signer/local-key.ts";
import type { RefundSigner } from "../../../origin/signer/port.ts";
import type { Authorization } from "../../../protocol/eip3009.ts";
import { networks } from "../../../protocol/network.ts";
import { fiatTokenAbi } from "../../../scripts/local/chain/abi.ts";
import { type LocalChain, startChain } from "../../../scripts/local/chain/start-chain.ts";
import { newAccount, newNonce, secondsFromNow } from "../../local/chain/authorization.ts";
import { mockKms } from "./mock-kms.ts";
import { lowerCase, newOpensslKey, type OpensslKey } from "./openssl-key.ts";
import { refundFrom } from "./refund.ts";

const network = networks.polygon;
const relayer = newAccount();
let chain: LocalChain;

beforeAll(async () => {
  chain = await startChain({ network, funded: [relayer.address] });
});
afterAll(() => chain.close());

async function submit({ from, to, value, validAfter, validBefore, nonce }: Authorization, signature: Hex) {
  const wallet = createWalletClient({ account: relayer, transport: http(chain.rpcUrl) });
  const hash = await wallet.writeContract({
    address: network.usdc.address,
    abi: fiatTokenAbi,
    functionName: "transferWithAuthorization",
    args: [from, to, value, validAfter, validBefore, nonce, signature],
    chain: null,
  });
  return chain.client.waitForTransactionReceipt({ hash });
}

describe.each<readonly [string, (key: OpensslKey) => RefundSigner]>([
  ["the local key", ({ secret }) => createLocalKeySigner(secret)],
  ["KMS with low s", (key) => mockKms(key, { s: "low" }).signer],
  ["KMS with high s", (key) => mockKms(key, { s: "high" }).signer],
])("%s", (_, createSigner) => {
  test("pays a refund out of its wallet, and the token takes the signature once", async () => {
    const signer = createSigner(newOpensslKey());
    const wallet = await signer.address();
    if (!wallet.ok) return expect.unreachable(wallet.reason);
    await chain.mintUsdc(wallet.value, 10_000_000n);
    const payer = lowerCase(newAccount().address);
    const refund = refundFrom(wallet.value, {
      to: payer,
      validBefore: secondsFromNow(120),
      nonce: newNonce(),
    });
    const signed = await signer.sign(network, refund);
    if (!signed.ok) return expect.unreachable(signed.reason);

    expect(await submit(refund, signed.value)).toMatchObject({ status: "success" });
    expect(await chain.usdcBalance(payer)).toBe(refund.value);
    expect(await chain.usdcBalance(wallet.value)).toBe(10_000_000n - refund.value);

    await expect(submit(refund, signed.value)).rejects.toThrow("authorization is used or canceled");
    expect(await chain.usdcBalance(payer)).toBe(refund.value);
  });
});
