/** The origin-response bundle, alone with what Lambda@Edge gives it. */

import { expect, test } from "vitest";
import { bundleEdge } from "../../../lib/bundle/bundle.ts";
import { edgeSecretsJson, readSecrets } from "../../../lib/secrets.ts";
import { configInput } from "../../builders/config.ts";
import { problemIn } from "../../edge/support.ts";
import { secretEnvironment } from "../secret-environment.ts";
import { loadBare } from "./bare-lambda.ts";
import { answerOf, originResponse } from "./edge-event.ts";

const MAX_CODE_KIB = 1_024;

const secrets = edgeSecretsJson(readSecrets(secretEnvironment()));
const bare = loadBare(
  bundleEdge(
    "origin-response",
    configInput({ settle: "origin-response" }),
    { kind: "inline", secrets },
    MAX_CODE_KIB,
  ),
);

test("an answer to a priced request without a grant is withheld", async () => {
  const answer = answerOf(await bare.invoke(originResponse({ uri: "/report" }, "200")));
  expect([answer.status, problemIn(answer.body).code]).toEqual(["403", "grant_required"]);
});

test("an answer that costs nothing leaves as it came", async () => {
  expect(answerOf(await bare.invoke(originResponse({ uri: "/elsewhere" }, "204"))).status).toBe("204");
});

test("nothing is required but crypto and what writes the log, and no variable is read", () => {
  expect(new Set(bare.required)).toEqual(new Set(["node:crypto", "node:fs"]));
  expect(bare.variables).toEqual([]);
});
