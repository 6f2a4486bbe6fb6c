/** The edge's bundles when their secrets are in Secrets Manager, alone with what Lambda@Edge gives them. */

import { describe, expect, test } from "vitest";
import { bundleEdge } from "../../../lib/bundle/bundle.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { configInput } from "../../builders/config.ts";
import { problemIn } from "../../edge/support.ts";
import { secretEnvironment } from "../secret-environment.ts";
import { loadBare } from "./bare-lambda.ts";
import { answerOf, originResponse, viewerRequest } from "./edge-event.ts";
import { startSecretServer } from "./secret-server.ts";

const MAX_CODE_KIB = 1_024;
const elsewhere = { kind: "secrets-manager", secretId: "edge402/edge", region: "us-east-1" } as const;
const viewer = bundleEdge("viewer-request", configInput(), elsewhere, MAX_CODE_KIB);

const secrets = edgeSecretsJson(readSecrets(secretEnvironment()));

describe("viewer-request", () => {
  test("reads its secret at the first call, and keeps it", async () => {
    const server = await startSecretServer(secrets);
    const bare = loadBare(viewer, server.env);
    expect(server.reads).toBe(0);
    for (const _ of [1, 2, 3]) {
      expect(answerOf(await bare.invoke(viewerRequest({ uri: "/report" }))).status).toBe("402");
    }
    expect(server.reads).toBe(1);
  });

  test("reads of the environment its role's credentials and the endpoint, nothing else", async () => {
    const server = await startSecretServer(secrets);
    const bare = loadBare(viewer, server.env);
    expect(bare.variables).toEqual([]);
    await bare.invoke(viewerRequest({ uri: "/report" }));
    expect(new Set(bare.variables)).toEqual(
      new Set([
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
      ]),
    );
  });

  test("sells nothing and lets nothing through while it may not read it, and works once it may", async () => {
    const server = await startSecretServer(undefined);
    const bare = loadBare(viewer, server.env);
    for (const uri of ["/report", "/v1/plans"]) {
      const refused = answerOf(await bare.invoke(viewerRequest({ uri })));
      expect([refused.status, refused.header("retry-after")]).toEqual(["503", "2"]);
      expect(problemIn(refused.body)).toMatchObject({
        code: "gateway_not_ready",
        retry_action: "retry_same_payment",
      });
      expect(problemIn(refused.body).payment_state).toBe("in_flight");
    }
    expect(bare.output.join("")).toContain("secret_access_denied");
    expect(bare.output.join("")).not.toContain("someone");

    server.value = secrets;
    expect(answerOf(await bare.invoke(viewerRequest({ uri: "/report" }))).status).toBe("402");
  });

  test.each([
    ["no secrets", { keys: [] }],
    ["a CDP key that is none", { ...secrets, cdpKeySecret: "c2VjcmV0" }],
  ])("is not ready with a secret that holds %s, and does not say what it holds", async (_, value) => {
    const server = await startSecretServer(value);
    const bare = loadBare(viewer, server.env);
    expect(answerOf(await bare.invoke(viewerRequest({ uri: "/report" }))).status).toBe("503");
    expect(bare.output.join("")).not.toContain("c2VjcmV0");
  });
});

test("origin-response lets no answer out while it may not read its secret", async () => {
  const bundle = bundleEdge(
    "origin-response",
    configInput({ settle: "origin-response" }),
    elsewhere,
    MAX_CODE_KIB,
  );
  const server = await startSecretServer(undefined);
  const bare = loadBare(bundle, server.env);
  const event = originResponse({ uri: "/report" }, "200");
  expect(answerOf(await bare.invoke(event)).status).toBe("503");
  server.value = secrets;
  const answer = answerOf(await bare.invoke(event));
  expect([answer.status, problemIn(answer.body).code]).toEqual(["403", "grant_required"]);
});
