/** What becomes of connections between calls, and what is never written to one. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGet, createPost } from "../../edge/adapters/http-post.ts";
import type { PostResult } from "../../protocol/facilitator.ts";
import { answers, ended, type Reaction, startScripted } from "./scripted-server.ts";

/** Milliseconds. */
const AMPLE = 10_000;

const ok = answers("{}");
const answered: PostResult = { kind: "answer", status: 200, body: "{}" };
const reset: PostResult = { kind: "fault", fault: "reset" };

/** Answers later, so that calls overlap. */
const slowly: Reaction = (socket, text) => setTimeout(() => ok(socket, text), 50);

/** Writes these bytes, and leaves the connection open. */
const says =
  (bytes: string): Reaction =>
  (socket) =>
    socket.write(bytes);

/** Answers each request by its head, and reads the rest of it all the same. */
async function startHasty() {
  let received = 0;
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      received += bytes.length;
      if (bytes.includes("HTTP/1.1\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    });
    onTestFinished(() => {
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, received: () => received, connections: () => connections };
}

function client(options = {}) {
  const post = createPost(options);
  return (url: string, headers: Readonly<Record<string, string>> = {}) =>
    post({ url: `${url}/verify`, headers, body: "{}", timeoutMs: AMPLE });
}

describe("calls that overlap", () => {
  test("have a connection each, which later calls share", async () => {
    const server = await startScripted(slowly);
    const send = client();
    const three = () => Promise.all([1, 2, 3].map(() => send(server.url)));
    expect(await three()).toEqual([answered, answered, answered]);
    expect(await three()).toEqual([answered, answered, answered]);
    await send(server.url);
    expect([server.requests.length, server.connections.length]).toEqual([7, 3]);
  });

  test("leave no more connections than a few", async () => {
    const server = await startScripted(slowly);
    const send = client();
    await Promise.all(Array.from({ length: 10 }, () => send(server.url)));
    await Promise.all(server.connections.slice(4).map(ended));
    expect(server.connections).toHaveLength(10);
    await Promise.all(Array.from({ length: 4 }, () => send(server.url)));
    expect(server.connections).toHaveLength(10);
  });

  test("with several servers each ask the right one", async () => {
    const [one, other] = [await startScripted(answers("1")), await startScripted(answers("2"))];
    const send = client();
    for (let i = 0; i < 3; i++) {
      expect(await send(one.url)).toMatchObject({ body: "1" });
      expect(await send(other.url)).toMatchObject({ body: "2" });
    }
    expect([one.connections.length, other.connections.length]).toEqual([1, 1]);
  });
});

describe("a connection is not used again", () => {
  const body = "Content-Length: 2\r\n\r\n{}";
  test.each([
    ["when the answer closes it", `HTTP/1.1 200 OK\r\nConnection: close\r\n${body}`],
    ["in HTTP/1.0", `HTTP/1.0 200 OK\r\n${body}`],
    [
      "when more than the answer came",
      `HTTP/1.1 200 OK\r\n${body}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`,
    ],
  ])("%s", async (_, bytes) => {
    const server = await startScripted(says(bytes), ok);
    const send = client();
    expect(await send(server.url)).toEqual(answered);
    await ended(server.connections[0]);
    expect(await send(server.url)).toEqual(answered);
    expect([server.requests.length, server.connections.length]).toEqual([2, 2]);
  });

  test("when its server speaks unasked", async () => {
    const server = await startScripted(ok);
    const send = client();
    await send(server.url);
    server.connections[0]?.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
    await ended(server.connections[0]);
    expect(await send(server.url)).toEqual(answered);
    expect(server.connections).toHaveLength(2);
  });

  test("without keepAlive, which the server is told", async () => {
    const server = await startScripted(ok);
    const send = client({ keepAlive: false });
    for (let i = 0; i < 2; i++) expect(await send(server.url)).toEqual(answered);
    await Promise.all(server.connections.map(ended));
    expect(server.connections).toHaveLength(2);
    expect(server.requests[0]).toMatch(/^connection: close\r$/m);
  });

  test("after a fault", async () => {
    const server = await startScripted(says("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), ok);
    const send = client();
    expect(await send(server.url)).toEqual(reset);
    await ended(server.connections[0]);
    expect(await send(server.url)).toEqual(answered);
  });
});

test("an answer up to the connection's end is read, and the next call opens another", async () => {
  const server = await startScripted((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n{}"), ok);
  const send = client();
  expect(await send(server.url)).toEqual(answered);
  expect(await send(server.url)).toEqual(answered);
  expect(server.connections).toHaveLength(2);
});

test("such an answer is a fault when the connection breaks", async () => {
  const server = await startScripted((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n{", () => setTimeout(() => socket.resetAndDestroy(), 20));
  });
  expect(await client()(server.url)).toEqual(reset);
});

test("without keepAlive nothing is sent twice", async () => {
  const server = await startScripted((socket) => socket.destroy(), ok);
  expect(await client({ keepAlive: false })(server.url)).toEqual(reset);
  expect(server.requests).toHaveLength(1);
});

test("an answer in pieces is whole", async () => {
  const server = await startScripted(async (socket) => {
    const bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ngr\xc3\r\n4\r\n\xb6\xc3\x9fe\r\n0\r\n\r\n";
    for (const byte of bytes) {
      socket.write(byte, "latin1");
      await sleep(1);
    }
  });
  const send = client();
  for (let i = 0; i < 2; i++)
    expect(await send(server.url)).toEqual({ kind: "answer", status: 200, body: "größe" });
  expect(server.connections).toHaveLength(1);
});

test("an answer to a request that is still being written leaves the connection to the next one", async () => {
  const { url, received, connections } = await startHasty();
  const post = createPost();
  const body = "a".repeat(8 * 1_024 * 1_024);
  const send = (path: string, text: string) =>
    post({ url: url + path, headers: {}, body: text, timeoutMs: AMPLE });
  expect(await send("/1", body)).toEqual(answered);
  expect(await send("/2", "{}")).toEqual(answered);
  expect(connections()).toBe(1);
  expect(received()).toBeGreaterThan(body.length);
});

describe("a request", () => {
  test("is one GET without a body or a length", async () => {
    const server = await startScripted(ok);
    const get = createGet({});
    expect(await get(`${server.url}/credit?of=1`, AMPLE)).toEqual(answered);
    const host = new URL(server.url).host;
    expect(server.requests).toEqual([
      `GET /credit?of=1 HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n\r\n`,
    ]);
  });

  test("to a URL without a path asks for the root", async () => {
    const server = await startScripted(ok);
    await createGet({})(server.url, AMPLE);
    expect(server.requests[0]).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
  });

  const injected = "x\r\ntransfer-encoding: chunked";
  test.each([
    ["a header's value has a line end", { "x-a": injected }],
    ["a header's value has a bare LF", { "x-a": "a\nb" }],
    ["a header's value has a NUL", { "x-a": "a\0b" }],
    ["a header's value is beyond ASCII", { "x-a": "é" }],
    ["a header's name has a line end", { [injected]: "a" }],
    ["a header's name has a blank", { "x a": "a" }],
    ["a header's name is empty", { "": "a" }],
  ])("is not written when %s, and the error tells no value", async (_, headers) => {
    const server = await startScripted(ok);
    const error = await client()(server.url, { ...headers, authorization: "secret" }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toMatch(/secret|chunked/);
    expect(server.connections).toHaveLength(0);
  });

  test.each([
    ["a line end", "/a\r\nx: y"],
    ["a bare LF", "/a\nx"],
    ["a blank", "/a b"],
    ["a control character", "/a\x01"],
    ["a fragment", "/a#b"],
    ["credentials", "@127.0.0.1/"],
  ])("is not written when its URL has %s", async (_, rest) => {
    const server = await startScripted(ok);
    await expect(createGet({})(server.url + rest, AMPLE)).rejects.toThrow(TypeError);
    expect(server.connections).toHaveLength(0);
  });
});

test("a connection that waits does not keep the process", async () => {
  const server = await startScripted(ok);
  const program = `
    import { createGet } from ${JSON.stringify(new URL("../../edge/adapters/http-post.ts", import.meta.url).href)};
    console.log(JSON.stringify(await createGet({})(${JSON.stringify(server.url)}, ${AMPLE})));`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(JSON.parse(output)).toEqual(answered);
});
