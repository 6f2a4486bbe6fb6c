/** The sign-in-with-x challenge, which is the official server's to the letter. */

import {
  buildSIWxSchema,
  createSIWxResourceServerExtension,
  declareSIWxExtension,
  InMemorySIWxStorage,
} from "@x402/extensions/sign-in-with-x";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { challengeInfo, SIGN_IN_NONCE_BYTES } from "../../../protocol/extensions/sign-in-challenge.ts";
import { networks } from "../../../protocol/network.ts";
import { anyBytes } from "../../builders/arbitrary.ts";
import { NOW } from "../../builders/payment.ts";
import { ORDER_URL, PUBLIC_URL } from "./wallet-proof.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1_000, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the challenge of sign-in-with-x", () => {
  const ours = challengeInfo({
    resourceUrl: ORDER_URL,
    networks: [networks.base, networks.polygon],
    nonce: new Uint8Array(SIGN_IN_NONCE_BYTES),
    now: NOW,
  })["sign-in-with-x"];

  test("is the official server's", async () => {
    const server = createSIWxResourceServerExtension({
      origin: PUBLIC_URL,
      storage: new InMemorySIWxStorage(),
    });
    const { "sign-in-with-x": declaration } = declareSIWxExtension({
      network: ["eip155:8453", "eip155:137"],
      expirationSeconds: 300,
    });
    const official = await server.enrichPaymentRequiredResponse?.(declaration, {
      requirements: [],
      resourceInfo: { url: ORDER_URL },
      paymentRequiredResponse: { x402Version: 2, resource: { url: ORDER_URL }, accepts: [] },
    });
    const nonce = { nonce: expect.stringMatching(/^[0-9a-f]{32}$/) };
    expect(official).toEqual({ ...ours, info: { ...ours.info, ...nonce } });
    expect(ours.info).toMatchObject(nonce);
    expect(ours.schema).toEqual(buildSIWxSchema());
  });

  test("carries its nonce in hex, which the message grammar takes", () => {
    fc.assert(
      fc.property(anyBytes(SIGN_IN_NONCE_BYTES), (nonce) => {
        const { info } = challengeInfo({ resourceUrl: ORDER_URL, networks: [], nonce, now: NOW })[
          "sign-in-with-x"
        ];
        expect(info.nonce).toBe(Buffer.from(nonce).toString("hex"));
      }),
    );
  });

  test("writes the host as a URL parser does, which is how the client and we compare it", () => {
    const { info } = challengeInfo({
      resourceUrl: "https://Shop.Example.com:443/v1/orders",
      networks: [],
      nonce: new Uint8Array(SIGN_IN_NONCE_BYTES),
      now: NOW,
    })["sign-in-with-x"];
    expect(info).toMatchObject({ domain: "shop.example.com", uri: `${PUBLIC_URL}/v1/orders` });
  });
});
