/** The worker's bundle: which messages the queue is to hand out again. */

import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { bundleOrigin } from "../../../lib/bundle/bundle.ts";
import { originSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { listen } from "../../../scripts/local/listen.ts";
import { configInput } from "../../builders/config.ts";
import { startSecretServer } from "../../lib/bundle/secret-server.ts";
import { secretEnvironment } from "../../lib/secret-environment.ts";
import { loadOrigin, silenceOutput } from "./origin-bundle.ts";

const ORDER = `ord_${"0".repeat(40)}`;

const bundle = bundleOrigin("worker", configInput());
const secrets = originSecretsJson(readSecrets(secretEnvironment()));

function messages(...bodies: readonly string[]) {
  return { Records: bodies.map((body, index) => ({ messageId: `message-${index}`, body })) };
}

/** A table without items. */
async function startTable() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.headers["x-amz-target"]));
    response.end("{}");
  });
  const { url, close } = await listen(server, "the test's table");
  onTestFinished(close);
  return { url, asked };
}

test("what makes no sense and what nobody ordered comes back until it lies in the dead-letter queue", async () => {
  const output = silenceOutput();
  const [secretServer, table] = [await startSecretServer(secrets), await startTable()];
  const handler = loadOrigin(bundle, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretServer.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
  });
  const result = await handler(messages("not a message", JSON.stringify({ order: ORDER })));
  expect(result).toEqual({
    batchItemFailures: [{ itemIdentifier: "message-0" }, { itemIdentifier: "message-1" }],
  });
  expect(table.asked).toEqual(["DynamoDB_20120810.GetItem"]);
  expect(output.text()).toContain("work_malformed");
  expect(output.text()).toContain("work_unknown");
});

test("nothing is worked on without the secret: the call fails, and the queue keeps everything", async () => {
  silenceOutput();
  const secretServer = await startSecretServer(undefined);
  const handler = loadOrigin(bundle, { AWS_ENDPOINT_URL_SECRETS_MANAGER: secretServer.url });
  await expect(handler(messages(JSON.stringify({ order: ORDER })))).rejects.toThrow("AccessDeniedException");
});

test("a variable that is missing fails the call by its name", async () => {
  const handler = loadOrigin(bundle, { EDGE402_TABLE: "" });
  await expect(handler(messages())).rejects.toThrow("EDGE402_TABLE");
});
