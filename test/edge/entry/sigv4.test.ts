/** The signature by hand is the one that AWS's own signer makes. */

import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { SourceData } from "@smithy/types";
import fc from "fast-check";
import { expect, test } from "vitest";
import { signedHeaders } from "../../../edge/adapters/sigv4.ts";

/** What the SDK's signer wants of a hash. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

function bytesOf(data: SourceData): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

interface Signing {
  readonly host: string;
  readonly region: string;
  readonly body: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly now: number;
}

const HEADERS = {
  "content-type": "application/x-amz-json-1.1",
  "x-amz-target": "secretsmanager.GetSecretValue",
};

/** The Authorization header as the SDK makes it. */
async function expected({ host, region, body, now, ...credentials }: Signing): Promise<string | undefined> {
  const { sessionToken, ...keys } = credentials;
  const signer = new SignatureV4({
    service: "secretsmanager",
    region,
    credentials: sessionToken === "" ? keys : { ...keys, sessionToken },
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = {
    method: "POST",
    protocol: "https:",
    hostname: host,
    path: "/",
    query: {},
    headers: { ...HEADERS, host },
    body,
  };
  const signed = await signer.sign(request, { signingDate: new Date(now) });
  return signed.headers["authorization"];
}

const anyWord = fc.stringMatching(/^[A-Za-z0-9+/=]{1,60}$/);
const anySigning = fc.record({
  host: fc.constantFrom("secretsmanager.us-east-1.amazonaws.com", "127.0.0.1:4566"),
  region: fc.constantFrom("us-east-1", "eu-central-1"),
  body: fc.string({ unit: "binary", maxLength: 200 }),
  accessKeyId: anyWord,
  secretAccessKey: anyWord,
  sessionToken: fc.oneof(fc.constant(""), anyWord),
  now: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2100, 0, 1) }),
});

test("every request is signed as the SDK signs it", async () => {
  await fc.assert(
    fc.asyncProperty(anySigning, async (signing) => {
      const { host, region, body, now, ...credentials } = signing;
      const unsigned = { url: `https://${host}`, headers: HEADERS, body, service: "secretsmanager", region };
      const { authorization } = signedHeaders(unsigned, credentials, now);
      expect(await expected(signing)).toBe(authorization);
    }),
    { numRuns: 60 },
  );
});

test("what is sent are the headers that were given, those that sign them, and no host, which the client adds", () => {
  const unsigned = {
    url: "https://secretsmanager.us-east-1.amazonaws.com",
    headers: HEADERS,
    body: "{}",
    service: "secretsmanager",
    region: "us-east-1",
  };
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token" };
  const sent = signedHeaders(unsigned, credentials, Date.UTC(2026, 10, 21, 7, 8, 9, 123));
  expect(sent).toEqual({
    ...HEADERS,
    "x-amz-date": "20261121T070809Z",
    "x-amz-security-token": "token",
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261121\/us-east-1\/secretsmanager\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
    ),
  });
});
