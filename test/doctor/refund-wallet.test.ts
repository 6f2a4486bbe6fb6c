/** The refund wallet, on a local chain, and by its key at a server that speaks AWS KMS's protocol. */

import { generateKeyPairSync } from "node:crypto";
import { KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accountOfSpki } from "../../origin/signer/ecdsa.ts";
import { createKmsSigner } from "../../origin/signer/kms.ts";
import { type Address, checksumAddress } from "../../protocol/hex.ts";
import { networks } from "../../protocol/network.ts";
import { fail } from "../../protocol/result.ts";
import { refundWalletChecks, type WalletOfKey } from "../../scripts/doctor/before/refund-wallet.ts";
import type { RefundWallet } from "../../scripts/doctor/command-line.ts";
import { type LocalChain, startChain } from "../../scripts/local/chain/start-chain.ts";
import { buildConfig, MERCHANT } from "../builders/config.ts";
import { json, answer as respond, startServer } from "./servers.ts";
import { resultsOf } from "./support.ts";

/** Ten times the dearest price, 4.20 USDC. */
const RESERVE = 42_000_000n;
const RICH: Address = "0x00000000000000000000000000000000000000c1";
const POOR: Address = "0x00000000000000000000000000000000000000c2";

let chain: LocalChain;

beforeAll(async () => {
  chain = await startChain({ network: networks.polygon, funded: [] });
  await chain.mintUsdc(RICH, RESERVE);
  await chain.mintUsdc(POOR, RESERVE - 1n);
});

afterAll(() => chain.close());

const noKms: WalletOfKey = () => Promise.reject(new Error("nobody asked for a key"));

function check(wallet: RefundWallet | null, walletOfKey = noKms, rpcUrl = chain.rpcUrl) {
  const config = buildConfig({ networks: [{ chain: "polygon", payTo: MERCHANT, rpcUrl }] });
  return resultsOf(refundWalletChecks(config, wallet, walletOfKey));
}

const account = (address: Address): RefundWallet => ({ kind: "address", address });

describe("the refund wallet", () => {
  test("passes with ten refunds of the dearest price", async () => {
    const results = await check(account(RICH));
    expect(results.get("refund wallet")?.status).toBe("passed");
    expect(results.get("polygon: refund wallet")).toMatchObject({
      status: "passed",
      finding: "holds 42.00 USDC",
    });
  });

  test("fails with less, and says how much to send where", async () => {
    expect((await check(account(POOR))).get("polygon: refund wallet")).toMatchObject({
      status: "failed",
      finding: "holds 41.999999 USDC",
      fix: expect.stringMatching(/USDC on Polygon: .* 42\.00\.$/),
    });
  });

  test("that is payTo as well fails", async () => {
    expect((await check(account(MERCHANT))).get("refund wallet")).toMatchObject({
      status: "failed",
      finding: expect.stringContaining("is payTo as well"),
    });
  });

  test("that is not given is left open, and nothing fails", async () => {
    const results = await check(null);
    expect([...results.values()].map(({ status }) => status)).toEqual(["open"]);
  });

  test("on a chain that does not answer is left open: its endpoint has failed already", async () => {
    const results = await check(account(RICH), noKms, "http://127.0.0.1:9");
    expect(results.get("polygon: refund wallet")?.status).toBe("open");
  });

  test.each([
    "retry_later",
    "disabled",
    "wrong_key",
  ] as const)("whose key is %s at AWS KMS fails", async (fault) => {
    const results = await check({ kind: "kms", keyId: "key" }, async () => fail(fault));
    expect(results.get("refund wallet")?.status).toBe("failed");
    expect(results.get("polygon: refund wallet")?.status).toBe("open");
  });

  test("is found by its key at AWS KMS, asked once", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
    const spki = publicKey.export({ format: "der", type: "spki" });
    const address = accountOfSpki(spki);
    let asked = 0;
    const kms = await startServer((_, response) => {
      asked += 1;
      respond(response, json(200, { KeyId: "key", PublicKey: spki.toString("base64") }));
    });
    const client = new KMSClient({
      endpoint: kms.url,
      region: "eu-central-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const results = await check({ kind: "kms", keyId: "key" }, (keyId) =>
      createKmsSigner({ client, keyId, deadlineMs: 5_000 }).address(),
    );
    client.destroy();
    await kms.close();
    expect(results.get("refund wallet")?.finding).toBe(address && checksumAddress(address));
    expect(results.get("polygon: refund wallet")?.finding).toBe("holds 0.00 USDC");
    expect(asked).toBe(1);
  });
});
