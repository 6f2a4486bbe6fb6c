/** The origin's POST to the facilitator: every way to fail is a value, and no redirect is followed. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createFetchPost } from "../../../origin/adapters/fetch-post.ts";
import { MAX_FACILITATOR_ANSWER } from "../../../protocol/facilitator.ts";
import { type Listening, listen } from "../../../scripts/local/listen.ts";

const open: Listening[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

type Received = Pick<IncomingMessage, "method" | "headers"> & { readonly body: string };

async function serve(answer: (response: ServerResponse) => void) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    received.push({ method: request.method, headers: request.headers, body });
    answer(response);
  });
  const listening = await listen(server, "the facilitator");
  open.push(listening);
  return { url: listening.url, received };
}

const post = (url: string, timeoutMs = 5_000) =>
  createFetchPost(fetch)({ url, headers: { authorization: "Bearer secret" }, body: '{"a":1}', timeoutMs });

test("sends the body and headers as they are, and returns any status with its body", async () => {
  for (const status of [200, 400, 402, 500]) {
    const { url, received } = await serve((response) => response.writeHead(status).end("text"));
    expect(await post(url)).toEqual({ kind: "answer", status, body: "text" });
    expect(received).toMatchObject([
      { method: "POST", body: '{"a":1}', headers: { authorization: "Bearer secret" } },
    ]);
  }
});

test.each([
  301, 302, 307, 308,
])("a redirect with %i is a fault, and our headers go nowhere else", async (status) => {
  const elsewhere = await serve((response) => response.end("{}"));
  const { url } = await serve((response) => response.writeHead(status, { location: elsewhere.url }).end());
  expect(await post(url)).toEqual({ kind: "fault", fault: "redirected" });
  expect(elsewhere.received).toEqual([]);
});

describe("a timeout is one when", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["nothing comes", () => {}],
    ["the body does not end", (response) => response.writeHead(200).write("{")],
  ])("%s", async (_, answer) => {
    const { url } = await serve(answer);
    expect(await post(url, 150)).toEqual({ kind: "fault", fault: "timeout" });
  });
});

describe("a reset is one when", () => {
  test.each<[string, (response: ServerResponse) => void]>([
    ["the connection ends before an answer", (response) => response.destroy()],
    [
      "it ends within one",
      (response) => {
        response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
      },
    ],
  ])("%s", async (_, answer) => {
    const { url } = await serve(answer);
    expect(await post(url)).toEqual({ kind: "fault", fault: "reset" });
  });

  test("nobody listens", async () => {
    const { url, close } = await listen(createServer(), "the facilitator");
    await close();
    expect(await post(url)).toEqual({ kind: "fault", fault: "reset" });
  });
});

test("an answer is read up to the limit, and beyond it is a fault", async () => {
  const most = await serve((response) => response.end("x".repeat(MAX_FACILITATOR_ANSWER)));
  expect(await post(most.url)).toMatchObject({ kind: "answer", status: 200 });
  const more = await serve((response) => response.end("x".repeat(MAX_FACILITATOR_ANSWER + 1)));
  expect(await post(more.url)).toEqual({ kind: "fault", fault: "too_large" });
});
