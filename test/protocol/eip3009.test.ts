/** The EIP-712 digest and who signed it, with viem as the oracle; and every signature the token would refuse. */

import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { domainSeparator, getAddress, hashTypedData, recoverTypedDataAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import {
  type Authorization,
  authorizationDigest,
  isEcdsaSignature,
  normaliseSignature,
  recoverSigner,
  transferWithAuthorizationTypes,
  usdcDomain,
} from "../../protocol/eip3009.ts";
import { bytesToHex, checksumAddress, type Hex, hexToBytes } from "../../protocol/hex.ts";
import type { Network } from "../../protocol/network.ts";
import { allNetworks, anyAuthorization, anyHex, anyNetwork } from "../builders/arbitrary.ts";

const CURVE_ORDER = secp256k1.Point.Fn.ORDER;
const anyPrivateKey = anyHex(32).filter((hex) => BigInt(hex) > 0n && BigInt(hex) < CURVE_ORDER);

function typedData(network: Network, message: Authorization) {
  return {
    domain: usdcDomain(network),
    types: transferWithAuthorizationTypes,
    primaryType: "TransferWithAuthorization",
    message,
  } as const;
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, "0");
}

/** r, s and v of a signature, as hex without prefix. */
function parts(signature: Hex) {
  return { r: signature.slice(2, 66), s: signature.slice(66, 130), v: signature.slice(130) };
}

describe("the digest of an authorization", () => {
  test("is viem's, for every authorization on every network", () => {
    fc.assert(
      fc.property(anyNetwork, anyAuthorization, (network, authorization) => {
        const digest = bytesToHex(authorizationDigest(network, authorization));
        expect(digest).toBe(hashTypedData(typedData(network, authorization)));
      }),
    );
  });

  test.each(allNetworks)("on $chain stands on viem's domain separator", (network) => {
    const domain = usdcDomain(network);
    expect(network.usdc.domainSeparator).toBe(domainSeparator({ domain }));
  });

  test("differs between any two networks", () => {
    const separators = new Set(allNetworks.map(({ usdc }) => usdc.domainSeparator));
    expect(separators.size).toBe(allNetworks.length);
  });

  test.each(allNetworks)("names the USDC of $chain by its checksummed address", ({ usdc }) => {
    expect(usdc.address).toBe(getAddress(usdc.address));
  });
});

describe("the signer of an authorization", () => {
  test("is the account that signed, as viem recovers it", async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork, anyAuthorization, anyPrivateKey, async (network, authorization, key) => {
        const account = privateKeyToAccount(key);
        const data = typedData(network, authorization);
        const signature = await account.signTypedData(data);
        const recovered = recoverSigner(authorizationDigest(network, authorization), signature);
        expect(recovered && checksumAddress(recovered)).toBe(account.address);
        expect(await recoverTypedDataAddress({ ...data, signature })).toBe(account.address);
      }),
      { numRuns: 50 },
    );
  });

  test("is recovered as viem does from any low-s signature, whoever made it up", async () => {
    const low = fc.bigInt({ min: 1n, max: CURVE_ORDER >> 1n });
    const below = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n });
    const any = fc.tuple(anyNetwork, anyAuthorization, below, low, fc.constantFrom("1b", "1c"));
    await fc.assert(
      fc.asyncProperty(any, async ([network, authorization, r, s, v]) => {
        const signature: Hex = `0x${word(r)}${word(s)}${v}`;
        const expected = await recoverTypedDataAddress({
          ...typedData(network, authorization),
          signature,
        }).catch(() => undefined);
        const recovered = recoverSigner(authorizationDigest(network, authorization), signature);
        expect(recovered && checksumAddress(recovered)).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a signature that the token refuses has no signer:", () => {
  const digest = new Uint8Array(32).fill(0x11);
  const account = privateKeyToAccount(`0x${"01".repeat(32)}`);
  const signed = account.sign({ hash: bytesToHex(digest) });

  test("(the untouched one has)", async () => {
    expect(recoverSigner(digest, await signed)).toBe(account.address.toLowerCase());
  });

  test("a high s, with either v", async () => {
    const { r, s, v } = parts(await signed);
    const high = word(CURVE_ORDER - BigInt(`0x${s}`));
    const flipped = v === "1b" ? "1c" : "1b";
    expect(recoverSigner(digest, `0x${r}${high}${flipped}`)).toBeUndefined();
    expect(recoverSigner(digest, `0x${r}${high}${v}`)).toBeUndefined();
  });

  test("any v but 27 and 28", async () => {
    const { r, s } = parts(await signed);
    for (let v = 0; v < 256; v++) {
      if (v === 27 || v === 28) continue;
      const signature: Hex = `0x${r}${s}${v.toString(16).padStart(2, "0")}`;
      expect(recoverSigner(digest, signature), `v ${v}`).toBeUndefined();
      if (v > 1) expect(recoverSigner(digest, normaliseSignature(signature)), `v ${v}`).toBeUndefined();
    }
  });

  test.each([
    ["zero", 0n],
    ["the curve's order", CURVE_ORDER],
    ["beyond the curve's order", CURVE_ORDER + 1n],
    ["all ones", 2n ** 256n - 1n],
  ])("r or s that is %s", async (_, value) => {
    const { r, s, v } = parts(await signed);
    expect(recoverSigner(digest, `0x${word(value)}${s}${v}`)).toBeUndefined();
    expect(recoverSigner(digest, `0x${r}${word(value)}${v}`)).toBeUndefined();
  });

  test("v 29 or 30, where the curve itself would have a point", () => {
    for (let r = 1n; r <= 20n; r++) {
      for (const v of ["1d", "1e"]) {
        expect(recoverSigner(digest, `0x${word(r)}${word(1n)}${v}`), `r ${r}`).toBeUndefined();
      }
    }
  });

  test("an r that is no point's x coordinate", async () => {
    const { s } = parts(await signed);
    // 5^3 + 7 is no square modulo the field's prime.
    expect(recoverSigner(digest, `0x${word(5n)}${s}1b`)).toBeUndefined();
  });

  test("one that is not 65 bytes, the compact form included", async () => {
    const signature = await signed;
    for (const other of [signature.slice(0, -2), `${signature}00`, "0x", signature.slice(0, 130)]) {
      const hex: Hex = `0x${other.slice(2)}`;
      expect(isEcdsaSignature(hex)).toBe(false);
      expect(recoverSigner(digest, hex)).toBeUndefined();
    }
  });

  test("garbage, and none of it throws", () => {
    fc.assert(
      fc.property(anyHex(32), anyHex(64), fc.constantFrom("1b", "1c"), (hash, rs, v) => {
        expect(recoverSigner(hexToBytes(hash), `${rs}${v}`) ?? "0x").toMatch(/^0x([0-9a-f]{40})?$/);
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 140 }), (text) => {
        expect(recoverSigner(digest, `0x${text}`)).toBeUndefined();
      }),
    );
    expect(recoverSigner(digest, `0x${"zz".repeat(65)}`)).toBeUndefined();
  });
});

describe("normalising a signature", () => {
  test("writes v 0 and 1 as 27 and 28, and nothing else", () => {
    fc.assert(
      fc.property(anyHex(64), fc.nat({ max: 255 }), (rs, v) => {
        const signature: Hex = `${rs}${v.toString(16).padStart(2, "0")}`;
        const expected: Hex = v === 0 ? `${rs}1b` : v === 1 ? `${rs}1c` : signature;
        expect(normaliseSignature(signature)).toBe(expected);
      }),
    );
  });

  test("leaves a contract wallet's bytes alone", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }).map(bytesToHex), (signature) => {
        fc.pre(hexToBytes(signature).length !== 65);
        expect(normaliseSignature(signature)).toBe(signature);
      }),
    );
  });
});
