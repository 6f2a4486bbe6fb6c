/** What every refund signer promises, asked of each: the key in this process and the key in KMS. */

import { inspect } from "node:util";
import { GetPublicKeyCommand, SignCommand } from "@aws-sdk/client-kms";
import fc from "fast-check";
import { recoverTypedDataAddress } from "viem";
import { describe, expect, test } from "vitest";
import { createLocalKeySigner } from "../../../origin/signer/local-key.ts";
import type { RefundSigner } from "../../../origin/signer/port.ts";
import { transferWithAuthorizationTypes, usdcDomain } from "../../../protocol/eip3009.ts";
import { bytesToHex } from "../../../protocol/hex.ts";
import { networks } from "../../../protocol/network.ts";
import { fail, ok } from "../../../protocol/result.ts";
import { anyAuthorization, anyBytes, anyNetwork } from "../../builders/arbitrary.ts";
import { mockKms } from "./mock-kms.ts";
import { lowerCase, newOpensslKey, type OpensslKey, ORDER, opensslKeyOf } from "./openssl-key.ts";
import { refundFrom } from "./refund.ts";

const adapters: readonly (readonly [string, (key: OpensslKey) => RefundSigner])[] = [
  ["the local key", ({ secret }) => createLocalKeySigner(secret)],
  ["KMS with low s", (key) => mockKms(key, { s: "low" }).signer],
  ["KMS with high s", (key) => mockKms(key, { s: "high" }).signer],
];

const anyKey = anyBytes(32)
  .filter((bytes) => {
    const scalar = BigInt(bytesToHex(bytes));
    return scalar > 0n && scalar < ORDER;
  })
  .map(opensslKeyOf);

describe.each(adapters)("%s", (_, createSigner) => {
  test("signs any refund on any network as its wallet, by viem's recovery, with low s and v 27 or 28", async () => {
    await fc.assert(
      fc.asyncProperty(anyKey, anyNetwork, anyAuthorization, async (key, network, any) => {
        const signer = createSigner(key);
        expect(await signer.address()).toEqual(ok(key.address));
        const refund = { ...any, from: key.address };
        const signed = await signer.sign(network, refund);
        if (!signed.ok) return expect.unreachable(signed.reason);
        const recovered = await recoverTypedDataAddress({
          domain: usdcDomain(network),
          types: transferWithAuthorizationTypes,
          primaryType: "TransferWithAuthorization",
          message: refund,
          signature: signed.value,
        });
        expect(lowerCase(recovered)).toBe(key.address);
        expect(signed.value).toMatch(/^0x[0-9a-f]{128}1[bc]$/);
        expect(BigInt(`0x${signed.value.slice(66, 130)}`)).toBeLessThanOrEqual(ORDER / 2n);
      }),
      { numRuns: 40 },
    );
  });

  test("signs nothing that spends another wallet's money", async () => {
    await fc.assert(
      fc.asyncProperty(anyAuthorization, async (refund) => {
        const signer = createSigner(newOpensslKey());
        expect(await signer.sign(networks.base, refund)).toEqual(fail("wrong_key"));
      }),
      { numRuns: 10 },
    );
  });
});

test("KMS is not asked for a signature that spends another wallet's money", async () => {
  const { kms, signer } = mockKms(newOpensslKey());
  await signer.sign(networks.base, refundFrom(newOpensslKey().address));
  expect(kms.commandCalls(GetPublicKeyCommand)).toHaveLength(1);
  expect(kms.commandCalls(SignCommand)).toHaveLength(0);
});

describe("a private key", () => {
  const secret = "c0ffee".repeat(10);

  test.each([
    ["is empty", ""],
    ["has no 0x", `${secret}c0fe`],
    ["is short", `0x${secret}`],
    ["is long", `0x${secret}c0fec0fe`],
    ["has a letter that is no hex digit", `0x${secret}c0fg`],
    ["is followed by a line break", `0x${secret}c0fe\n`],
    ["is zero", `0x${"0".repeat(64)}`],
    ["is the curve's order", `0x${ORDER.toString(16)}`],
    ["is above the curve's order", `0x${"f".repeat(64)}`],
  ])("that %s is refused, by an error that does not hold it", (_, privateKey) => {
    let error: unknown;
    try {
      createLocalKeySigner(privateKey);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TypeError);
    const shown = inspect(error, { showHidden: true, depth: null }).split("\n    at ")[0];
    expect(shown).toMatch(/The refund wallet's private key (must be|is out of)/);
    expect(shown).not.toMatch(/c0ffee|0{8}|f{8}/i);
  });

  test("is not in the signer that is made of it", () => {
    const key = newOpensslKey();
    const shown = inspect(createLocalKeySigner(key.secret), { showHidden: true, depth: null });
    expect(shown).toContain("sign");
    expect(shown).not.toContain(key.secret.slice(2));
  });
});
