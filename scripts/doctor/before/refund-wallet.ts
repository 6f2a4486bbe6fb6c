/** The wallet that refunds are paid from: whose it is, and on each chain whether it could pay some back. */

import { encodeFunctionData, parseAbi } from "viem";
import type { SignerFault } from "../../../origin/signer/port.ts";
import type { AcceptedNetwork, Config } from "../../../protocol/config.ts";
import { type Address, checksumAddress } from "../../../protocol/hex.ts";
import { formatUsdc, type Usdc, usdc } from "../../../protocol/money.ts";
import type { Result } from "../../../protocol/result.ts";
import { type Check, failed, type Outcome, open, passed, shared } from "../check.ts";
import type { RefundWallet } from "../command-line.ts";
import { hostOf } from "../http.ts";
import { ethCall, word } from "../json-rpc.ts";

/** Asks AWS KMS for the account of a key. */
export type WalletOfKey = (keyId: string) => Promise<Result<Address, SignerFault>>;

/** So many refunds of the dearest thing on sale before anybody has to look after the wallet. */
const REFUNDS_IN_RESERVE = 10n;

const tokenAbi = parseAbi(["function balanceOf(address) view returns (uint256)"]);

const NOT_GIVEN =
  "Give --refund-wallet 0x… or --refund-key-id; after deploying, the output RefundKeyId names the key.";

export function refundWalletChecks(
  { networks, catalog }: Config,
  wallet: RefundWallet | null,
  walletOfKey: WalletOfKey,
): readonly Check[] {
  if (wallet === null) return [{ name: "refund wallet", run: async () => open("not checked", NOT_GIVEN) }];
  const find = shared(() => addressOf(wallet, walletOfKey));
  const prices = [...Object.values(catalog.plans), ...Object.values(catalog.resources)];
  const dearest = prices.reduce((most, { price }) => (price > most ? price : most), 0n);
  const reserve = usdc(dearest * REFUNDS_IN_RESERVE);
  return [
    { name: "refund wallet", run: async () => judgeWallet(await find(), networks) },
    ...networks.map((accepted) => ({
      name: `${accepted.chain.chain}: refund wallet`,
      run: async () => {
        const found = await find();
        return found.ok
          ? checkFunds(accepted, found.value, reserve)
          : open("not checked, nobody knows whose it is");
      },
    })),
  ];
}

async function addressOf(
  wallet: RefundWallet,
  walletOfKey: WalletOfKey,
): Promise<Result<Address, SignerFault>> {
  return wallet.kind === "address" ? { ok: true, value: wallet.address } : walletOfKey(wallet.keyId);
}

function judgeWallet(found: Result<Address, SignerFault>, networks: readonly AcceptedNetwork[]): Outcome {
  if (!found.ok) return failed(...faultTexts[found.reason]);
  const address = checksumAddress(found.value);
  // The reconciler would take each refund that comes back for a payment, and takings would leave with the key.
  if (networks.some(({ payTo }) => payTo === found.value)) {
    return failed(
      `${address} is payTo as well`,
      "Let payTo be another account: one whose key is on no server.",
    );
  }
  return passed(address);
}

const faultTexts: Readonly<Record<SignerFault, readonly [finding: string, fix: string]>> = {
  retry_later: [
    "AWS KMS does not answer, or lets nobody in",
    "Look at the credentials and the region, and try again.",
  ],
  disabled: ["AWS KMS refuses the key", "Enable the key, and allow kms:GetPublicKey on it."],
  wrong_key: ["the key can't sign refunds", "Use an ECC_SECG_P256K1 key for SIGN_VERIFY."],
};

async function checkFunds(
  { chain, rpcUrl }: AcceptedNetwork,
  wallet: Address,
  reserve: Usdc,
): Promise<Outcome> {
  const data = encodeFunctionData({ abi: tokenAbi, functionName: "balanceOf", args: [wallet] });
  const balance = await ethCall(rpcUrl, chain.usdc.address, data, word);
  if (!balance.ok) return open(`not checked, ${hostOf(rpcUrl)}: ${balance.reason}`);
  const held = usdc(BigInt(balance.value));
  const finding = `holds ${formatUsdc(held)} USDC`;
  if (held >= reserve) return passed(finding);
  return failed(
    finding,
    `Send it USDC on ${chain.label}: ${REFUNDS_IN_RESERVE} refunds of the dearest price are ${formatUsdc(reserve)}.`,
  );
}
