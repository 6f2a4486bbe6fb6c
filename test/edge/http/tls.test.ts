/** The transport over TLS: whom it trusts, what it tells, and what it keeps. */

import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createPost } from "../../../edge/adapters/http-post.ts";
import type { PostResult } from "../../../protocol/facilitator.ts";
import { listen } from "../../../scripts/local/listen.ts";
import { selfSigned } from "./certificate.ts";
import { askTrusting, startTls, temporaryDirectory } from "./tls-server.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const answered: PostResult = { kind: "answer", status: 200, body: "{}" };
const reset: PostResult = { kind: "fault", fault: "reset" };

/** In this process, which trusts nobody but the public authorities. */
const ask = (url: string) => createPost()({ url, headers: {}, body: "{}", timeoutMs: 10_000 });

describe("a trusted server", () => {
  test("is asked by its name, in HTTP/1.1, on one connection", async () => {
    const server = await startTls((socket) => socket.write(ANSWER));
    const results = await askTrusting(server.cert, {
      url: `https://localhost:${server.port}/verify`,
      calls: 3,
    });
    expect(results).toEqual([answered, answered, answered]);
    expect(server.handshakes).toEqual([{ servername: "localhost", protocol: "http/1.1", isResumed: false }]);
    expect(server.received().match(/POST \/verify HTTP\/1\.1\r\n/g)).toHaveLength(3);
    expect(server.received()).toContain(`\r\nhost: localhost:${server.port}\r\n`);
  });

  test("is asked by its address without a name", async () => {
    const server = await startTls((socket) => socket.write(ANSWER));
    expect(await askTrusting(server.cert, { url: `https://127.0.0.1:${server.port}`, calls: 1 })).toEqual([
      answered,
    ]);
    expect(server.handshakes).toMatchObject([{ servername: false }]);
  });

  test.each([
    "TLSv1.2",
    "TLSv1.3",
  ] as const)("that closes is reconnected with the same session (%s)", async (version) => {
    const server = await startTls((socket) => socket.end(ANSWER), {
      minVersion: version,
      maxVersion: version,
    });
    const results = await askTrusting(server.cert, { url: `https://localhost:${server.port}`, calls: 3 });
    expect(results).toEqual([answered, answered, answered]);
    expect(server.handshakes.map(({ isResumed }) => isResumed)).toEqual([false, true, true]);
  });

  test.each([
    "end",
    "destroy",
  ] as const)("that ended its connection (%s) while the process was frozen is asked on another, with the same session", async (end) => {
    const frozenUntil = join(temporaryDirectory(), "over");
    const server = await startTls((socket) => {
      socket.once(end === "end" ? "finish" : "close", () => writeFileSync(frozenUntil, ""));
      socket.write(ANSWER);
      setTimeout(() => socket[end](), 50);
    });
    const results = await askTrusting(server.cert, {
      url: `https://localhost:${server.port}`,
      calls: 2,
      frozenUntil,
    });
    expect(results).toEqual([answered, answered]);
    expect(server.handshakes.map(({ isResumed }) => isResumed)).toEqual([false, true]);
  });

  test("may end its answer with the connection", async () => {
    const server = await startTls((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n{}"));
    expect(await askTrusting(server.cert, { url: `https://localhost:${server.port}`, calls: 1 })).toEqual([
      answered,
    ]);
  });

  test("is none when its certificate is for another name, and is told nothing", async () => {
    const server = await startTls((socket) => socket.write(ANSWER), {}, selfSigned("example.com"));
    const url = `https://localhost:${server.port}`;
    expect(await askTrusting(server.cert, { url: url, calls: 2 })).toEqual([reset, reset]);
    expect(server.received()).toBe("");
  });
});

describe("no trusted server", () => {
  test.each([
    "TLSv1.2",
    "TLSv1.3",
  ] as const)("is one that signed itself, and it is told nothing (%s)", async (version) => {
    const server = await startTls((socket) => socket.write(ANSWER), {
      minVersion: version,
      maxVersion: version,
    });
    expect(await ask(`https://localhost:${server.port}/settle`)).toEqual(reset);
    expect(await ask(`https://127.0.0.1:${server.port}/settle`)).toEqual(reset);
    expect(server.received()).toBe("");
  });

  test("is one that speaks no TLS", async () => {
    let asked = 0;
    const plain = createServer((_request, response) => {
      asked++;
      response.end("{}");
    });
    const { port, close } = await listen(plain, "a server without TLS");
    expect(await ask(`https://localhost:${port}`)).toEqual(reset);
    await close();
    expect(asked).toBe(0);
  });

  test("is one that is gone", async () => {
    const { port, close } = await listen(createServer(), "a server that is gone");
    await close();
    expect(await ask(`https://127.0.0.1:${port}`)).toEqual({ kind: "fault", fault: "refused" });
  });
});
