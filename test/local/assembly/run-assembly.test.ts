/** A small assembly that runs: who calls whom is as its templates say. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AssemblyError } from "../../../scripts/local/assembly/assembly-error.ts";
import { runAssembly, SCHEDULE_SPEED } from "../../../scripts/local/assembly/run-assembly.ts";
import { startCloudFront } from "../../../scripts/local/cloudfront/cloudfront.ts";
import { startDynamo } from "../../../scripts/local/dynamo/start-dynamo.ts";
import { createClosers } from "../../../scripts/local/stack/closers.ts";
import { resources, writeAssembly } from "./fixture.ts";

let closers = createClosers();
beforeEach(() => {
  closers = createClosers();
});
afterEach(() => closers.close());

/** What the functions of the fixture run, told apart by their names. */
const code = `
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";

const never = () => new Promise(() => {});
const functions = {
  async "us-east-1.shop-edge-Gate"({ Records: [{ cf: { request } }] }) {
    if (request.uri === "/hang") return never();
    return request.uri === "/closed" ? { status: "403" } : request;
  },
  async "shop-origin-Shop"({ rawPath, body }) {
    if (rawPath === "/fault") throw new Error("out of order");
    if (rawPath === "/variables") return { ...process.env };
    if (rawPath === "/table") {
      const { Table } = await new DynamoDBClient({}).send(new DescribeTableCommand({ TableName: process.env.TABLE }));
      return { name: Table.TableName };
    }
    await new SQSClient({}).send(new SendMessageCommand({ QueueUrl: process.env.QUEUE, MessageBody: body }));
    return { statusCode: 202 };
  },
  async "shop-origin-Worker"({ Records, source }) {
    console.log(source ?? Records.map(({ body }) => body).join());
    return Records?.[0].body === "endless" ? never() : { batchItemFailures: [] };
  },
};
export const handler = (event) => functions[process.env.AWS_LAMBDA_FUNCTION_NAME](event);
`;

async function started(change: (parts: ReturnType<typeof resources>) => void = () => {}) {
  const parts = resources();
  change(parts);
  const written = writeAssembly(parts);
  buildSync({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    outfile: join(written.code, "index.js"),
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "silent",
  });
  const archiveDir = mkdtempSync(join(tmpdir(), "ledger-"));
  closers.add({ close: () => rmSync(archiveDir, { recursive: true }) });
  const dynamo = closers.add(await startDynamo({ table: "another" }));
  const lines: string[] = [];
  const onError = vi.fn();
  const running = await runAssembly({
    directory: written.directory,
    isFree: () => false,
    backends: { dynamo, refundKey: `0x${"11".repeat(32)}`, archiveDir },
    places: 1,
    log: (at, line) => lines.push(`${at}: ${line}`),
    onError,
    opened: closers.add,
  });
  const [distribution] = running.distributions;
  if (distribution === undefined) throw new Error("one place has one distribution");
  const site = closers.add(await startCloudFront({ distribution }));
  return { site, lines, onError, running };
}

const post = (body: string) => ({ method: "POST", body, headers: { "content-type": "application/json" } });

test("a request goes through the edge's function to the API's, which finds its table", async () => {
  const { site, running } = await started();
  expect((await fetch(`${site.url}/closed`)).status).toBe(403);
  expect(await (await fetch(`${site.url}/table`)).json()).toEqual({ name: "shop-origin-Table" });
  expect(running.table).toBe("shop-origin-Table");
});

test("what the API's function sends to its queue, the worker gets", async () => {
  const { site, lines } = await started();
  expect((await fetch(site.url, post("order 1"))).status).toBe(202);
  await vi.waitFor(() => expect(lines).toContain("origin: order 1"), 5_000);
});

test("what the template says of the clock is run, a minute in a second", async () => {
  const { lines } = await started(({ origin }) => {
    Object.assign(origin["Every"]?.Properties ?? {}, { ScheduleExpression: "rate(1 minute)" });
  });
  expect(SCHEDULE_SPEED).toBe(60);
  await vi.waitFor(() => expect(lines).toContain("origin: aws.events"), 5_000);
});

test("a function sees its own variables, Lambda's, and nothing of this process", async () => {
  const { site } = await started();
  const variables: unknown = await (await fetch(`${site.url}/variables`)).json();
  expect(variables).toMatchObject({ AWS_REGION: "eu-central-1", TABLE: "shop-origin-Table" });
  expect(Object.keys(Object(variables)).filter((name) => /^(PATH|HOME|VITEST.*)$/.test(name))).toEqual([]);
});

test("an edge function that hangs is a timeout to CloudFront, after the template's seconds", async () => {
  const { site } = await started(({ edge }) => {
    Object.assign(edge["Gate"]?.Properties ?? {}, { Timeout: 1 });
  });
  expect((await fetch(`${site.url}/hang`)).status).toBe(503);
  expect(site.violations.map(({ rule }) => rule)).toEqual(["function_timed_out"]);
});

test("a fault of the API's function is a 500, and told", async () => {
  const { site, onError } = await started();
  expect((await fetch(`${site.url}/fault`)).status).toBe(500);
  expect(onError.mock.calls.map(([error]) => String(error))).toEqual(["FunctionError: Error: out of order"]);
});

test("closing does not wait for a function that is under way, and complains of nothing", async () => {
  const { site, lines, onError } = await started();
  await fetch(site.url, post("endless"));
  await vi.waitFor(() => expect(lines).toContain("origin: endless"), 5_000);
  const begun = performance.now();
  await closers.close();
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(onError).not.toHaveBeenCalled();
});

test("an edge function with variables is refused at the start, as it is by Lambda@Edge", async () => {
  const withVariables = started(({ edge }) => {
    Object.assign(edge["Gate"]?.Properties ?? {}, { Environment: { Variables: { KEY: "value" } } });
  });
  await expect(withVariables).rejects.toThrow("shop-edge-Gate: Lambda@Edge takes no function with variables");
});

test("an origin that is not on this machine is refused at the start", async () => {
  const foreign = started(({ origin }) => {
    Object.assign(origin["Writer"]?.Properties ?? {}, {
      WriterProps: { exports: { "/cdk/exports/edge/ApiId": "abc123" } },
    });
  });
  await expect(foreign).rejects.toThrow(AssemblyError);
});
