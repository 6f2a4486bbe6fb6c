/** The origin reads its secret with a few tries inside one deadline. */

import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSecretReader, SecretUnavailableError } from "../../../origin/entry/read-secret.ts";
import { answers, type Reaction, resets, startScripted, staysSilent } from "../../edge/scripted-server.ts";

const AMPLE = 10_000;
const LATENESS = 250;
const TRIES = 3;

const success = answers(JSON.stringify({ SecretString: "text" }));
const broken = answers("{}", "500 Internal Server Error");
const denied = answers(
  JSON.stringify({ __type: "AccessDeniedException", Message: "role/someone may not" }),
  "400 Bad Request",
);

async function read(reactions: readonly [Reaction, ...Reaction[]], deadlineMs = AMPLE) {
  const server = await startScripted(...reactions);
  const client = new SecretsManagerClient({
    endpoint: server.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "key" },
    maxAttempts: TRIES,
  });
  onTestFinished(() => client.destroy());
  const started = Date.now();
  const outcome = await createSecretReader(client, "origin", deadlineMs)().catch((error: unknown) => error);
  return { outcome, requests: server.requests, ms: Date.now() - started };
}

test("the secret's text is what comes back", async () => {
  const { outcome, requests } = await read([success]);
  expect(outcome).toBe("text");
  expect(requests).toHaveLength(1);
  expect(requests[0]).toContain('{"SecretId":"origin"}');
});

test.each([
  ["a 500", broken],
  ["a reset", resets],
])("after %s it is asked for again", async (_, fault) => {
  expect((await read([fault, success])).outcome).toBe("text");
});

describe("a fault is named and not quoted:", () => {
  test.each([
    ["a refusal, which is not repeated", denied, "AccessDeniedException", 1],
    ["a 500 that stays", broken, "Error", TRIES],
    ["a secret without text", answers("{}"), "it holds no text", 1],
  ])("%s", async (_, reaction, name, tries) => {
    const { outcome, requests } = await read([reaction]);
    expect(outcome).toBeInstanceOf(SecretUnavailableError);
    expect(String(outcome)).toMatch(new RegExp(name));
    expect(String(outcome)).not.toContain("someone");
    expect(requests).toHaveLength(tries);
  });
});

test("the deadline holds where nobody answers", async () => {
  const { outcome, ms } = await read([staysSilent], 200);
  expect(String(outcome)).toContain("late");
  expect(ms).toBeLessThan(200 + LATENESS);
});
