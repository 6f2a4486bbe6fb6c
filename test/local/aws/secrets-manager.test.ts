/** The SDK's own client against the local Secrets Manager, and what a signer has to get right. */

import { createHash, createHmac } from "node:crypto";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "vitest";
import { localCredentials } from "../../../scripts/local/aws/credentials.ts";
import { type SecretsManager, startSecretsManager } from "../../../scripts/local/aws/secrets-manager.ts";
import { client, clientOptions, opened, REGION } from "./support.ts";

const SECRET = "edge402/origin";
const TOKEN = "0123456789abcdef0123456789abcdef";

async function started(): Promise<SecretsManager> {
  return opened(await startSecretsManager({ region: REGION, secrets: [SECRET] }));
}

function clientOf({ url }: SecretsManager, options: object = {}): SecretsManagerClient {
  return client(new SecretsManagerClient({ ...clientOptions(url), ...options }));
}

describe("a secret", () => {
  test("has no value until one is put", async () => {
    const asked = clientOf(await started()).send(new GetSecretValueCommand({ SecretId: SECRET }));
    await expect(asked).rejects.toThrow(ResourceNotFoundException);
  });

  test("is had by name and by ARN, and its former value as AWSPREVIOUS", async () => {
    const manager = await started();
    const secrets = clientOf(manager);
    for (const SecretString of ["first", "second"]) {
      await secrets.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString }));
    }
    const values = await Promise.all(
      [
        { SecretId: SECRET },
        { SecretId: manager.arnOf(SECRET) },
        { SecretId: SECRET, VersionStage: "AWSPREVIOUS" },
      ].map(async (input) => (await secrets.send(new GetSecretValueCommand(input))).SecretString),
    );
    expect(values).toEqual(["second", "second", "first"]);
  });

  test("that was not declared can't be had or put", async () => {
    const secrets = clientOf(await started());
    const SecretId = "another";
    await expect(secrets.send(new GetSecretValueCommand({ SecretId }))).rejects.toThrow(
      ResourceNotFoundException,
    );
    await expect(
      secrets.send(new PutSecretValueCommand({ SecretId, SecretString: "value" })),
    ).rejects.toThrow(ResourceNotFoundException);
  });

  test("put twice with one token is one version, and with another value a conflict", async () => {
    const secrets = clientOf(await started());
    const put = (SecretString: string, ClientRequestToken: string) =>
      secrets.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString, ClientRequestToken }));
    await put("old", `${TOKEN}1`);
    await put("new", TOKEN);
    await put("new", TOKEN);
    const previous = new GetSecretValueCommand({ SecretId: SECRET, VersionStage: "AWSPREVIOUS" });
    expect((await secrets.send(previous)).SecretString).toBe("old");
    await expect(put("newer", TOKEN)).rejects.toThrow(ResourceExistsException);
  });

  test("is not quoted when a request is malformed", async () => {
    const secrets = clientOf(await started());
    const put = new PutSecretValueCommand({
      SecretId: SECRET,
      SecretString: "hush",
      ClientRequestToken: "short-and-hush",
    });
    await expect(secrets.send(put)).rejects.toThrow(/^Not valid or not played here: ClientRequestToken\.$/);
  });
});

describe("a request is refused when", () => {
  test.each([
    ["the secret access key is wrong", { credentials: { ...localCredentials, secretAccessKey: "wrong" } }],
    ["the session token is missing", { credentials: { ...localCredentials, sessionToken: "" } }],
    ["the access key is unknown", { credentials: { ...localCredentials, accessKeyId: "UNKNOWN" } }],
    ["it is signed for another region", { region: "us-east-1" }],
    ["the client's clock is ten minutes off", { systemClockOffset: 600_000 }],
  ])("%s", async (_, options) => {
    const secrets = clientOf(await started(), options);
    const asked = secrets.send(new GetSecretValueCommand({ SecretId: SECRET }));
    await expect(asked).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  test("it is not signed", async () => {
    const { url } = await started();
    const response = await fetch(url, { method: "POST", body: "{}" });
    expect([response.status, await response.json()]).toEqual([
      403,
      { __type: "MissingAuthenticationTokenException", message: "The request is not signed." },
    ]);
  });

  test("a header that AWS reads is left out of the signature", async () => {
    const { url } = await started();
    const response = await signedByHand(url, ["host", "x-amz-date", "x-amz-security-token"]);
    expect([response.status, await response.json()]).toEqual([
      403,
      { __type: "SignatureDoesNotMatch", message: 'The header "x-amz-target" must be signed.' },
    ]);
  });
});

test("a signature made by hand after the documentation is taken", async () => {
  const { url } = await started();
  const response = await signedByHand(url, ["host", "x-amz-date", "x-amz-security-token", "x-amz-target"]);
  expect(await response.json()).toMatchObject({ __type: "ResourceNotFoundException" });
});

/** Signs with nothing of the server's own code. */
async function signedByHand(url: string, names: readonly string[]): Promise<Response> {
  const body = JSON.stringify({ SecretId: SECRET });
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const sent: Record<string, string> = {
    host: new URL(url).host,
    "x-amz-date": date,
    "x-amz-security-token": localCredentials.sessionToken,
    "x-amz-target": "secretsmanager.GetSecretValue",
  };
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const lines = names.map((name) => `${name}:${sent[name]}\n`).join("");
  const canonical = `POST\n/\n\n${lines}\n${names.join(";")}\n${sha256(body)}`;
  const scope = [date.slice(0, 8), REGION, "secretsmanager", "aws4_request"];
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope.join("/")}\n${sha256(canonical)}`;
  let key: string | Buffer = `AWS4${localCredentials.secretAccessKey}`;
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const credential = `${localCredentials.accessKeyId}/${scope.join("/")}`;
  return fetch(url, {
    method: "POST",
    body,
    headers: {
      ...sent,
      "content-type": "application/x-amz-json-1.1",
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
    },
  });
}
