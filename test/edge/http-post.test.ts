/** The transport against servers that misbehave: one deadline, one retry where it is safe, and no fault taken for an answer. */

import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { createPost } from "../../edge/adapters/http-post.ts";
import { MAX_FACILITATOR_ANSWER, type PostResult } from "../../protocol/facilitator.ts";
import { listen } from "../../scripts/local/listen.ts";
import { type FrozenEnd, startFreezeServer } from "./freeze-server.ts";
import {
  answers,
  closes,
  dribbles,
  ended,
  endless,
  type Reaction,
  resets,
  startScripted,
  staysSilent,
} from "./scripted-server.ts";

/** Milliseconds that no test here comes near, unless it is about the deadline. */
const AMPLE = 10_000;

/** How late a timer may be on a machine that others use as well. Milliseconds. */
const LATENESS = 250;

const BODY = JSON.stringify({ hello: "wörld" });
const HEADERS = { "content-type": "application/json", authorization: "Bearer token" };

const ok = answers("{}");
const answered: PostResult = { kind: "answer", status: 200, body: "{}" };
const fault = (name: Extract<PostResult, { kind: "fault" }>["fault"]): PostResult => ({
  kind: "fault",
  fault: name,
});

/** One transport, which keeps its connections from call to call. */
function client() {
  const post = createPost();
  return (url: string, timeoutMs = AMPLE) =>
    post({ url: `${url}/settle`, headers: HEADERS, body: BODY, timeoutMs });
}

async function timed<Value>(work: Promise<Value>): Promise<readonly [Value, ms: number]> {
  const start = performance.now();
  return [await work, performance.now() - start];
}

describe("an answer", () => {
  test("comes with its status and text, whatever the status", async () => {
    const server = await startScripted(
      answers("größe"),
      answers("no", "404 Not Found"),
      answers("", "503 Busy"),
    );
    const send = client();
    expect(await send(server.url)).toEqual({ kind: "answer", status: 200, body: "größe" });
    expect(await send(server.url)).toEqual({ kind: "answer", status: 404, body: "no" });
    expect(await send(server.url)).toEqual({ kind: "answer", status: 503, body: "" });
  });

  test("is to one POST with the headers, the body and its length in bytes", async () => {
    const server = await startScripted(ok);
    await client()(server.url);
    const [request = ""] = server.requests;
    expect(request).toMatch(/^POST \/settle HTTP\/1\.1\r\n/);
    expect(request).toMatch(/^authorization: Bearer token\r$/m);
    expect(request).toMatch(new RegExp(`^content-length: ${Buffer.byteLength(BODY)}\\r$`, "m"));
    expect(Buffer.from(request, "latin1").toString().endsWith(`\r\n\r\n${BODY}`)).toBe(true);
  });

  test("leaves the connection for the next call", async () => {
    const server = await startScripted(ok);
    const send = client();
    for (let i = 0; i < 5; i++) expect(await send(server.url)).toEqual(answered);
    expect([server.requests.length, server.connections.length]).toEqual([5, 1]);
  });

  test("is taken up to the largest size", async () => {
    const body = "a".repeat(MAX_FACILITATOR_ANSWER);
    const server = await startScripted(answers(body));
    expect(await client()(server.url)).toEqual({ kind: "answer", status: 200, body });
  });

  test.each([
    ["one byte more", answers("a".repeat(MAX_FACILITATOR_ANSWER + 1))],
    ["no end", endless],
  ] satisfies (readonly [
    string,
    Reaction,
  ])[])("of %s is a fault, and the connection ends", async (_, reaction) => {
    const server = await startScripted(reaction);
    expect(await client()(server.url)).toEqual(fault("too_large"));
    await ended(server.connections[0]);
  });
});

describe("the deadline", () => {
  const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n";

  test.each([
    ["says nothing", staysSilent],
    ["dribbles its headers", dribbles("HTTP/1.1 200 OK\r\nX-Slow: ", 10)],
    ["dribbles its body", dribbles(HEAD, 10)],
    ["stops amid its body", (socket) => socket.write(`${HEAD}{`)],
  ] satisfies (readonly [
    string,
    Reaction,
  ])[])("ends a call to a server that %s, and its connection", async (_, reaction) => {
    const server = await startScripted(reaction);
    const [result, ms] = await timed(client()(server.url, 200));
    expect(result).toEqual(fault("timeout"));
    expect(ms).toBeGreaterThan(190);
    expect(ms).toBeLessThan(200 + LATENESS);
    await ended(server.connections[0]);
    expect(server.requests).toHaveLength(1);
  });

  test("that has passed already is a timeout, not a call without one", async () => {
    const server = await startScripted(staysSilent);
    expect(await client()(server.url, -1)).toEqual(fault("timeout"));
  });

  test("is one for both tries", async () => {
    const server = await startScripted(
      ok,
      (socket) => setTimeout(() => socket.resetAndDestroy(), 400),
      staysSilent,
    );
    const send = client();
    await send(server.url);
    const [result, ms] = await timed(send(server.url, 600));
    expect(result).toEqual(fault("timeout"));
    expect(ms).toBeLessThan(600 + LATENESS);
    expect(server.requests).toHaveLength(3);
  });
});

describe("a broken connection", () => {
  test.each([
    ["is reset", resets],
    ["is closed", closes],
  ])("that is new and %s before an answer is a fault, with no second try", async (_, reaction) => {
    const server = await startScripted(reaction, ok);
    expect(await client()(server.url)).toEqual(fault("reset"));
    expect([server.requests.length, server.connections.length]).toEqual([1, 1]);
  });

  test.each([
    ["headers", "HTTP/1.1 200 OK\r\nContent-"],
    ["body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"],
    ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"],
  ])("amid the answer's %s is a fault, not half an answer", async (_, bytes) => {
    const server = await startScripted((socket) => socket.end(bytes));
    expect(await client()(server.url)).toEqual(fault("reset"));
    expect(server.requests).toHaveLength(1);
  });

  test("amid an answer on a kept connection is a fault, with no second try", async () => {
    const server = await startScripted(
      ok,
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{"),
      ok,
    );
    const send = client();
    await send(server.url);
    expect(await send(server.url)).toEqual(fault("reset"));
    expect(server.requests).toHaveLength(2);
  });

  test("an answer that is no HTTP is a fault", async () => {
    const server = await startScripted((socket) => socket.end("220 mail.example.com ESMTP\r\n"));
    expect(await client()(server.url)).toEqual(fault("reset"));
  });

  test.each([
    ["reset", resets],
    ["closed", closes],
  ])("that was kept and is %s is tried again once, on a new one", async (_, reaction) => {
    const server = await startScripted(ok, reaction, ok);
    const send = client();
    await send(server.url);
    expect(await send(server.url)).toEqual(answered);
    expect([server.requests.length, server.connections.length]).toEqual([3, 2]);
    expect(server.requests[2]?.endsWith(server.requests[1]?.split("\r\n\r\n")[1] ?? "-")).toBe(true);
  });

  test("that was kept is not tried a third time", async () => {
    const server = await startScripted(ok, resets, resets, ok);
    const send = client();
    await send(server.url);
    expect(await send(server.url)).toEqual(fault("reset"));
    expect([server.requests.length, server.connections.length]).toEqual([3, 2]);
  });

  test("that the server closed while it was idle costs the next call nothing", async () => {
    const server = await startScripted(ok);
    const send = client();
    await send(server.url);
    server.connections[0]?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await send(server.url)).toEqual(answered);
    expect([server.requests.length, server.connections.length]).toEqual([2, 2]);
  });

  test("that can't be opened is refused", async () => {
    const { url, close } = await listen(createServer(), "a server that is gone");
    await close();
    expect(await client()(url)).toEqual(fault("refused"));
  });

  const ends: readonly (readonly [string, FrozenEnd])[] = [
    ["closed", "close"],
    ["reset", "reset"],
    ["closed and then reset", "close_and_reset"],
  ];
  test.each(ends)("that was %s while this process was frozen is replaced by a new one", async (_, end) => {
    const server = await startFreezeServer();
    const send = client();
    expect(await send(server.url)).toEqual(answered);
    server.freezeWhile(end);
    expect(await send(server.url)).toEqual(answered);
  });
});

describe("a redirect", () => {
  test.each([
    "301 Moved",
    "302 Found",
    "303 See Other",
    "307 Temporary",
    "308 Permanent",
  ])("(%s) is a fault and not followed", async (status) => {
    const elsewhere = await startScripted(ok);
    const server = await startScripted(answers("{}", status, [`Location: ${elsewhere.url}/settle`]));
    expect(await client()(server.url)).toEqual(fault("redirected"));
    expect(elsewhere.connections).toHaveLength(0);
    expect(server.requests).toHaveLength(1);
  });
});
