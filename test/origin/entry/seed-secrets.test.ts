/** The function that puts a secret's value where it belongs: once a deployment, and without a word about it. */

import { createServer } from "node:http";
import * as v from "valibot";
import { describe, expect, onTestFinished, test } from "vitest";
import { bundleSeed } from "../../../lib/bundle/bundle.ts";
import { listen } from "../../../scripts/local/listen.ts";
import { readAll } from "../../local/cloudfront/support.ts";
import { loadOrigin } from "./origin-bundle.ts";

const SECRET = { cdpKeySecret: "c2VjcmV0", keys: [{ id: 1 }] };
const ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:origin";

const bundle = bundleSeed(SECRET);

const putSchema = v.object({
  SecretId: v.string(),
  SecretString: v.string(),
  ClientRequestToken: v.string(),
});

async function seed(status = 200) {
  const puts: v.InferOutput<typeof putSchema>[] = [];
  const server = createServer(async (request, response) => {
    expect(request.headers["x-amz-target"]).toBe("secretsmanager.PutSecretValue");
    puts.push(v.parse(putSchema, JSON.parse((await readAll(request)).toString())));
    response.statusCode = status;
    response.end(
      JSON.stringify(status === 200 ? {} : { __type: "AccessDeniedException", Message: "c2VjcmV0" }),
    );
  });
  const { url, close } = await listen(server, "the test's Secrets Manager");
  onTestFinished(close);
  return { puts, handler: loadOrigin(bundle, { AWS_ENDPOINT_URL_SECRETS_MANAGER: url }) };
}

const properties = { ServiceToken: "arn", SecretId: ARN, Digest: "1" };

describe("the value is written", () => {
  test.each([
    { RequestType: "Create", ResourceProperties: properties },
    { RequestType: "Update", PhysicalResourceId: ARN, ResourceProperties: properties },
  ])("by $RequestType, and the resource is named after the secret", async (event) => {
    const { puts, handler } = await seed();
    expect(await handler(event)).toEqual({ PhysicalResourceId: ARN });
    expect(puts.map(({ SecretId, SecretString }) => [SecretId, JSON.parse(SecretString)])).toEqual([
      [ARN, SECRET],
    ]);
  });

  test("each time under another token, so that going back to an earlier value works", async () => {
    const { puts, handler } = await seed();
    const event = { RequestType: "Update", PhysicalResourceId: ARN, ResourceProperties: properties };
    await handler(event);
    await handler(event);
    expect(new Set(puts.map(({ ClientRequestToken }) => ClientRequestToken)).size).toBe(2);
  });
});

test("Delete writes nothing and keeps the name", async () => {
  const { puts, handler } = await seed();
  const event = { RequestType: "Delete", PhysicalResourceId: "earlier", ResourceProperties: properties };
  expect(await handler(event)).toEqual({ PhysicalResourceId: "earlier" });
  expect(puts).toEqual([]);
});

test("a refusal fails the deployment with its kind, and quotes nothing", async () => {
  const { handler } = await seed(400);
  const event = { RequestType: "Create", ResourceProperties: properties };
  await expect(handler(event)).rejects.toThrow("the value was not written: AccessDeniedException");
});

test.each([
  {},
  { RequestType: "Create", ResourceProperties: {} },
  { RequestType: "Other" },
])("an event that is none of CloudFormation's is refused: %j", async (event) => {
  const { puts, handler } = await seed();
  await expect(handler(event)).rejects.toThrow(/custom resource/);
  expect(puts).toEqual([]);
});
