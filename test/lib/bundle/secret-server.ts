/** A Secrets Manager on loopback that holds one secret and counts who reads it. */

import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { listen } from "../../../scripts/local/listen.ts";

export interface SecretServer {
  readonly url: string;
  /** Undefined: the role may not read it. */
  value: unknown;
  reads: number;
  /** What functions find in their environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** @param value JSON */
export async function startSecretServer(value: unknown): Promise<SecretServer> {
  const server = createServer((_, response) => {
    state.reads += 1;
    response.setHeader("content-type", "application/x-amz-json-1.1");
    if (state.value === undefined) {
      response.statusCode = 400;
      response.end(JSON.stringify({ __type: "AccessDeniedException", Message: "role someone may not" }));
      return;
    }
    response.end(JSON.stringify({ Name: "edge402", SecretString: JSON.stringify(state.value) }));
  });
  const { url, close } = await listen(server, "the test's Secrets Manager");
  onTestFinished(close);
  const state: SecretServer = {
    url,
    value,
    reads: 0,
    env: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "of the role",
      AWS_SESSION_TOKEN: "of the session",
      AWS_REGION: "eu-west-1",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    },
  };
  return state;
}
