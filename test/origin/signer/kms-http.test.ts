/** The signer and the SDK's own client against a server on loopback: what the wire does to them, and their deadline. */

import { createServer, type RequestListener } from "node:http";
import { KMSClient } from "@aws-sdk/client-kms";
import * as v from "valibot";
import { afterEach, describe, expect, test } from "vitest";
import { createKmsSigner } from "../../../origin/signer/kms.ts";
import type { RefundSigner, SignerFault } from "../../../origin/signer/port.ts";
import { networks } from "../../../protocol/network.ts";
import { fail, ok } from "../../../protocol/result.ts";
import { listen } from "../../../scripts/local/listen.ts";
import { clientOptions, KEY_ID } from "./mock-kms.ts";
import { newOpensslKey } from "./openssl-key.ts";
import { refundFrom } from "./refund.ts";

const key = newOpensslKey();
const refund = refundFrom(key.address);

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

interface WireOptions {
  readonly deadlineMs?: number;
  readonly maxAttempts?: number;
}

async function signerAgainst(
  listener: RequestListener,
  { deadlineMs = 5_000, maxAttempts = 1 }: WireOptions = {},
): Promise<RefundSigner> {
  const { url, close } = await listen(createServer(listener), "KMS");
  const client = new KMSClient({ ...clientOptions, endpoint: url, maxAttempts });
  open.push(close, () => client.destroy());
  return createKmsSigner({ client, keyId: KEY_ID, deadlineMs });
}

function answering(status: number, body: string): RequestListener {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(body);
  };
}

function refusing(name: string): RequestListener {
  return answering(400, JSON.stringify({ __type: name, message: `about ${KEY_ID}` }));
}

const wire: readonly (readonly [string, SignerFault, RequestListener])[] = [
  ["a throttled call", "retry_later", refusing("ThrottlingException")],
  ["an internal error", "retry_later", answering(500, '{"__type":"KMSInternalException"}')],
  ["an unheard-of fault of KMS's own", "retry_later", answering(503, '{"__type":"Sometimes"}')],
  ["a load balancer's 502 page", "retry_later", answering(502, "<html>Bad Gateway</html>")],
  ["a 200 that is no JSON", "retry_later", answering(200, "<html>")],
  ["a connection that is cut", "retry_later", (request) => request.socket.destroy()],
  ["a disabled key", "disabled", refusing("DisabledException")],
  ["a key that is pending deletion", "disabled", refusing("KMSInvalidStateException")],
  ["a key that is gone", "disabled", refusing("NotFoundException")],
  ["a role without permission", "disabled", refusing("AccessDeniedException")],
  ["a key id that is none", "disabled", refusing("ValidationException")],
  ["a key for encryption", "wrong_key", refusing("InvalidKeyUsageException")],
  ["a symmetric key", "wrong_key", refusing("UnsupportedOperationException")],
  ["a 200 without a key", "wrong_key", answering(200, "{}")],
  ["a 200 with another kind of key", "wrong_key", answering(200, '{"PublicKey":"AAAA"}')],
];

test.each(wire)("%s is %s, and no more than that comes out", async (_, fault, listener) => {
  const signer = await signerAgainst(listener);
  expect(await signer.address()).toEqual(fail(fault));
  expect(await signer.sign(networks.base, refund)).toEqual(fail(fault));
});

test("no server at all is retry_later", async () => {
  const { url, close } = await listen(createServer(), "KMS");
  await close();
  const client = new KMSClient({ ...clientOptions, endpoint: url, maxAttempts: 1 });
  const signer = createKmsSigner({ client, keyId: KEY_ID, deadlineMs: 5_000 });
  expect(await signer.address()).toEqual(fail("retry_later"));
  client.destroy();
});

test("over the wire KMS is asked what its API documents, and its real bytes make a signature", async () => {
  const asked: unknown[] = [];
  const signer = await signerAgainst(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const body = v.parse(v.looseObject({ Message: v.optional(v.string()) }), JSON.parse(text));
    asked.push([request.headers["x-amz-target"], Object.keys(body).sort()]);
    const answer =
      body.Message === undefined
        ? { PublicKey: base64(key.spki) }
        : { Signature: base64(key.signDigest(Buffer.from(body.Message, "base64"), "high")) };
    answering(200, JSON.stringify(answer))(request, response);
  });
  expect(await signer.address()).toEqual(ok(key.address));
  expect(await signer.sign(networks.base, refund)).toMatchObject({ ok: true });
  expect(asked).toEqual([
    ["TrentService.GetPublicKey", ["KeyId"]],
    ["TrentService.Sign", ["KeyId", "Message", "MessageType", "SigningAlgorithm"]],
  ]);
});

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

describe("the deadline", () => {
  /** How much later than its deadline a call may end on a busy machine. Milliseconds. */
  const SLACK_MS = 1_000;

  async function millisecondsOf(signer: RefundSigner): Promise<number> {
    const begun = performance.now();
    expect(await signer.address()).toEqual(fail("retry_later"));
    return performance.now() - begun;
  }

  test("ends a call that is never answered, and hangs up", async () => {
    let hungUp = () => {};
    const gone = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const signer = await signerAgainst((request) => request.socket.once("close", hungUp), {
      deadlineMs: 150,
    });
    expect(await millisecondsOf(signer)).toBeLessThan(150 + SLACK_MS);
    await gone;
  });

  test("ends a call whose answer trickles in", async () => {
    const signer = await signerAgainst(
      (_, response) => {
        const drip = setInterval(() => response.write(" "), 20);
        response.once("close", () => clearInterval(drip));
      },
      { deadlineMs: 150 },
    );
    expect(await millisecondsOf(signer)).toBeLessThan(150 + SLACK_MS);
  });

  test("covers the client's own retries", async () => {
    let calls = 0;
    const signer = await signerAgainst(
      (request, response) => {
        calls += 1;
        answering(500, "{}")(request, response);
      },
      { deadlineMs: 300, maxAttempts: 1_000 },
    );
    expect(await millisecondsOf(signer)).toBeLessThan(300 + SLACK_MS);
    expect(calls).toBeGreaterThan(1);
  });
});
