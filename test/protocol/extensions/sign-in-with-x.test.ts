/** Wallet proofs: what the official client signs is accepted, and every field that is not as it should be has its fault. */

import {
  createSIWxClientHook,
  createSIWxMessage,
  encodeSIWxHeader,
  SIGN_IN_WITH_X as OFFICIAL_KEY,
} from "@x402/extensions/sign-in-with-x";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import { challengeInfo } from "../../../protocol/extensions/sign-in-challenge.ts";
import {
  MAX_WALLET_PROOF_HEADER,
  SIGN_IN_WITH_X,
  WALLET_PROOF_MAX_AGE_SECONDS,
  walletProofAddress,
} from "../../../protocol/extensions/sign-in-with-x.ts";
import { networks } from "../../../protocol/network.ts";
import { encodeBase64 } from "../../../protocol/text.ts";
import { allNetworks } from "../../builders/arbitrary.ts";
import { NOW, PAYER } from "../../builders/payment.ts";
import { encode, info, isoTime, ORDER_URL, PUBLIC_URL, sign, verdict } from "./wallet-proof.ts";

const payer = PAYER.address.toLowerCase();
const context = { publicUrl: PUBLIC_URL, now: NOW };
const somebody = privateKeyToAccount(`0x${"43".repeat(32)}`);

describe("a wallet proof", () => {
  test("that the official client makes of our challenge names the wallet", async () => {
    const { "sign-in-with-x": declaration } = challengeInfo({
      resourceUrl: ORDER_URL,
      networks: [networks.polygon, networks.base],
      nonce: new Uint8Array(16).fill(1),
      now: NOW,
    });
    const answer = await createSIWxClientHook(PAYER)({
      paymentRequired: {
        x402Version: 2,
        resource: { url: ORDER_URL },
        accepts: [],
        extensions: { [OFFICIAL_KEY]: { ...declaration } },
      },
      requestUrl: ORDER_URL,
    });
    const header = answer?.headers?.[SIGN_IN_WITH_X] ?? "";
    expect(walletProofAddress(header, context)).toEqual({ ok: true, value: payer });
  });

  test.each(allNetworks)("may be for $chain", async ({ caip2 }) => {
    const header = encodeSIWxHeader(await sign({ chainId: caip2 }));
    expect(walletProofAddress(header, context)).toEqual({ ok: true, value: payer });
  });

  test("may have every optional field", async () => {
    const proof = await sign({
      statement: "Show what this wallet bought; signing moves no money.",
      notBefore: isoTime(NOW - 1),
      requestId: "req:1@agent%20one",
      resources: [ORDER_URL, "urn:example:a?b#c"],
      signatureScheme: "eip191",
    });
    expect(verdict(encode(proof))).toBe("ok");
  });

  test("may do without the optional fields that our challenge has", async () => {
    const { expirationTime: _, resources: __, ...rest } = info();
    const signature = await PAYER.signMessage({ message: createSIWxMessage(rest, PAYER.address) });
    expect(verdict(encode({ ...rest, address: PAYER.address, signature }))).toBe("ok");
  });

  test("may write the address in lower case, as the official client then signs it checksummed", async () => {
    const address = `0x${PAYER.address.slice(2).toLowerCase()}` as const;
    const proof = await sign({}, { ...PAYER, address });
    expect(proof.address).toBe(address);
    expect(verdict(encode(proof))).toBe("ok");
  });

  test("may carry fields that nobody reads", async () => {
    expect(verdict(encode({ ...(await sign()), future: true }))).toBe("ok");
  });

  test("is good for the gateway's root, with and without its slash, and for a gateway on a path", async () => {
    expect(verdict(encode(await sign({ uri: PUBLIC_URL })))).toBe("ok");
    expect(verdict(encode(await sign({ uri: `${PUBLIC_URL}/` })))).toBe("ok");
    const onPath = await sign({ uri: `${PUBLIC_URL}/esim/v1/orders` });
    expect(verdict(encode(onPath), NOW, `${PUBLIC_URL}/esim`)).toBe("ok");
    expect(verdict(encode(await sign({ uri: `${PUBLIC_URL}/esimulator` })), NOW, `${PUBLIC_URL}/esim`)).toBe(
      "uri_mismatch",
    );
  });

  test("is good on loopback with its port, and on no other port", async () => {
    const local = "http://127.0.0.1:8402";
    const proof = encode(await sign({ domain: "127.0.0.1:8402", uri: `${local}/v1/orders/1` }));
    expect(verdict(proof, NOW, local)).toBe("ok");
    expect(verdict(proof, NOW, "http://127.0.0.1:8403")).toBe("domain_mismatch");
  });
});

describe("a wallet proof that was honestly signed is refused", () => {
  test.each([
    ["for another host", { domain: "evil.example", uri: "https://evil.example/" }, "domain_mismatch"],
    ["for a host of which ours is a part", sub("shop.example.com.evil.example"), "domain_mismatch"],
    ["for another port of our host", sub("shop.example.com:8443"), "domain_mismatch"],
    ["for our host in another scheme", { uri: "http://shop.example.com/v1/orders" }, "uri_mismatch"],
    ["from the future", { issuedAt: isoTime(NOW + 6) }, "issued_in_future"],
    ["when it is too old", { issuedAt: isoTime(NOW - 301) }, "too_old"],
    ["when it has expired", { expirationTime: isoTime(NOW - 1) }, "expired"],
    ["at the second in which it expires", { expirationTime: isoTime(NOW) }, "expired"],
    ["before it is valid", { notBefore: isoTime(NOW + 6) }, "not_yet_valid"],
    ["on an EVM network that we don't know", { chainId: "eip155:1" }, "unsupported_chain"],
    ["for a contract wallet", { signatureScheme: "eip1271" as const }, "unsupported_signature"],
    ["for a wallet not yet deployed", { signatureScheme: "eip6492" as const }, "unsupported_signature"],
  ])("%s", async (_, changes, fault) => {
    expect(verdict(encode(await sign(changes)))).toBe(fault);
  });

  test("once it is older than its few minutes, to the second", async () => {
    const { expirationTime: _, ...rest } = info();
    const message = createSIWxMessage(rest, PAYER.address);
    const header = encode({
      ...rest,
      address: PAYER.address,
      signature: await PAYER.signMessage({ message }),
    });
    expect(verdict(header, NOW + WALLET_PROOF_MAX_AGE_SECONDS)).toBe("ok");
    expect(verdict(header, NOW + WALLET_PROOF_MAX_AGE_SECONDS + 1)).toBe("too_old");
  });

  test("on a clock more than seconds ahead of ours, and no sooner", async () => {
    expect(verdict(encode(await sign({ issuedAt: isoTime(NOW + 5) })))).toBe("ok");
    expect(verdict(encode(await sign({ issuedAt: isoTime(NOW + 5.001) })))).toBe("issued_in_future");
  });

  test("in the name of somebody else's address", async () => {
    const proof = await sign({}, { ...somebody, address: PAYER.address });
    expect(verdict(encode(proof))).toBe("signature_invalid");
  });
});

describe("a wallet proof that was changed after it was signed is refused", () => {
  test.each([
    ["address", somebody.address, "signature_invalid"],
    ["uri", `${PUBLIC_URL}/v1/orders/other`, "signature_invalid"],
    ["chainId", "eip155:137", "signature_invalid"],
    ["nonce", "cd".repeat(16), "signature_invalid"],
    ["issuedAt", isoTime(NOW - 1), "signature_invalid"],
    ["expirationTime", isoTime(NOW + 299), "signature_invalid"],
    ["expirationTime", undefined, "signature_invalid"],
    ["notBefore", isoTime(NOW), "signature_invalid"],
    ["requestId", "added", "signature_invalid"],
    ["statement", "Added", "signature_invalid"],
    ["resources", undefined, "signature_invalid"],
    ["resources", [], "signature_invalid"],
    ["resources", [ORDER_URL, ORDER_URL], "signature_invalid"],
    ["domain", "SHOP.example.com", "domain_mismatch"],
    ["domain", "shop.example.com\n", "domain_mismatch"],
    ["domain", "", "domain_mismatch"],
    ["uri", `${PUBLIC_URL}.evil.example/`, "uri_mismatch"],
    ["uri", `https://shop.example.com@evil.example/`, "uri_mismatch"],
    ["uri", "https:/shop.example.com/", "uri_mismatch"],
    ["uri", "HTTPS://shop.example.com/", "uri_mismatch"],
    ["uri", `${PUBLIC_URL}/\nVersion: 1`, "malformed"],
    ["uri", `${PUBLIC_URL}/\t`, "malformed"],
    ["uri", `${PUBLIC_URL}\\evil`, "malformed"],
    ["uri", `${PUBLIC_URL}/%zz`, "malformed"],
    ["uri", "", "malformed"],
    ["version", "2", "malformed"],
    ["version", 1, "malformed"],
    ["type", "ed25519", "malformed"],
    ["type", undefined, "malformed"],
    ["signatureScheme", "siws", "malformed"],
    ["chainId", "eip155:08453", "unsupported_chain"],
    ["chainId", "eip155:8453 ", "unsupported_chain"],
    ["chainId", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", "unsupported_chain"],
    ["chainId", 8453, "malformed"],
    ["chainId", undefined, "malformed"],
    ["nonce", "abcdefg", "malformed"],
    ["nonce", "abcdefgh-", "malformed"],
    ["nonce", "abcdefgh\nIssued At: 2030", "malformed"],
    ["address", PAYER.address.toLowerCase().slice(0, -1), "malformed"],
    ["address", `0x${PAYER.address.slice(2, 30)}${PAYER.address.slice(30).toUpperCase()}`, "malformed"],
    ["issuedAt", "yesterday", "malformed"],
    ["issuedAt", NOW, "malformed"],
    ["issuedAt", "2027-01-15", "malformed"],
    ["issuedAt", "2027-01-15T08:00:00", "malformed"],
    ["issuedAt", "2027-02-30T08:00:00Z", "malformed"],
    ["issuedAt", "2027-13-01T08:00:00Z", "malformed"],
    ["issuedAt", "2027-01-15T24:00:00Z", "malformed"],
    ["issuedAt", "2027-01-15T08:00:00Z\n", "malformed"],
    ["expirationTime", "", "malformed"],
    ["expirationTime", null, "malformed"],
    ["notBefore", "soon", "malformed"],
    ["requestId", "two words", "malformed"],
    ["statement", "", "malformed"],
    ["statement", "one\nURI: https://evil.example", "malformed"],
    ["statement", "ünïcode", "malformed"],
    ["resources", "urn:example", "malformed"],
    ["resources", ["no uri"], "malformed"],
    ["resources", ["urn:a\n- urn:b"], "malformed"],
    ["signature", undefined, "malformed"],
    ["signature", "0xzz", "malformed"],
    ["signature", `0x${"00".repeat(2_049)}`, "malformed"],
    ["signature", "0x", "unsupported_signature"],
    ["signature", `0x${"11".repeat(64)}`, "unsupported_signature"],
    ["signature", `0x${"11".repeat(66)}`, "unsupported_signature"],
    ["signature", `0x${"11".repeat(2_048)}`, "unsupported_signature"],
    ["signature", `0x${"11".repeat(65)}`, "signature_invalid"],
  ])("%s to %j: %s", async (field, value, fault) => {
    expect(verdict(encode({ ...(await sign()), [field]: value }))).toBe(fault);
  });

  test("in its signature: the malleable twin is nobody's", async () => {
    const proof = await sign();
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = order - BigInt(`0x${proof.signature.slice(66, 130)}`);
    const v = proof.signature.endsWith("1b") ? "1c" : "1b";
    const twin = proof.signature.slice(0, 66) + s.toString(16).padStart(64, "0") + v;
    expect(verdict(encode({ ...proof, signature: twin }))).toBe("signature_invalid");
  });
});

describe("a header is refused", () => {
  test("when it is longer than the limit, before it is decoded", () => {
    expect(verdict("A".repeat(MAX_WALLET_PROOF_HEADER))).toBe("not_json");
    expect(verdict("A".repeat(MAX_WALLET_PROOF_HEADER + 4))).toBe("too_large");
  });

  test.each([
    ["", "not_base64"],
    ["not base64", "not_base64"],
    ["e30", "not_base64"],
    ["_-8=", "not_base64"],
    [encodeBase64("{"), "not_json"],
    [encodeBase64('{"chainId":"eip155:137","chainId":"eip155:8453"}'), "not_json"],
    [Buffer.from([0x22, 0xff, 0x22]).toString("base64"), "not_json"],
    [encode(null), "malformed"],
    [encode([]), "malformed"],
    [encode({ chainId: "eip155:8453" }), "malformed"],
  ])("%j: %s", (header, fault) => {
    expect(verdict(header)).toBe(fault);
  });
});

function sub(domain: string) {
  return { domain, uri: `https://${domain}/v1/orders` };
}
