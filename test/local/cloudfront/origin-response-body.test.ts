/** The origin's body while an origin-response function decides: held back, not in memory, and gone if not wanted. */

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudFrontResponse } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { originFunction, responseIn, send, setUp, startBrokenOrigin } from "./support.ts";

const MIB = 1_024 * 1_024;

/** A promise to settle from outside. */
function signal<Value = void>() {
  let settle: (value: Value) => void = () => {};
  const promise = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

describe("until the origin-response function has decided", () => {
  test("not one byte reaches the viewer", async () => {
    const [running, decided] = [signal(), signal()];
    const { edge } = await setUp({
      reply: (reply) => reply.end("the goods"),
      behavior: originFunction(async (event) => {
        running.settle();
        await decided.promise;
        return responseIn(event);
      }),
    });
    let received = "";
    const viewer = connect(Number(new URL(edge.url).port), "127.0.0.1", () => {
      viewer.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    });
    viewer.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    await running.promise;
    await sleep(30);
    expect(received).toBe("");
    decided.settle();
    await once(viewer, "close");
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n.*the goods$/s);
  });

  test("the origin is slowed down, and afterwards a body of any size streams through", async () => {
    const total = 32 * MIB;
    let produced = 0;
    const produce = (reply: ServerResponse) => {
      while (produced < total) {
        produced += MIB;
        if (!reply.write(Buffer.alloc(MIB))) return void reply.once("drain", () => produce(reply));
      }
      reply.end();
    };
    let producedWhenDecided = 0;
    const { edge } = await setUp({
      reply: produce,
      behavior: originFunction(async (event) => {
        await sleep(100);
        producedWhenDecided = produced;
        return responseIn(event);
      }),
    });
    const { status, body } = await send(edge.url, "/");
    expect([status, body.byteLength]).toEqual([200, total]);
    // What the kernel's socket buffers take, and no more.
    expect(producedWhenDecided).toBeLessThan(total / 2);
  });

  test("the origin's read timeout does not run, afterwards it does", async () => {
    const origin = await startBrokenOrigin((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${4 * MIB + 1}\r\n\r\n`);
      socket.write(Buffer.alloc(4 * MIB));
    });
    const { edge } = await setUp({
      origin: { url: origin.url, readTimeoutSeconds: 0.2 },
      behavior: originFunction(async (event) => {
        await sleep(300);
        return responseIn(event);
      }),
    });
    const answer = await fetch(edge.url);
    expect(answer.status).toBe(200);
    let received = 0;
    const reading = async () => {
      for await (const chunk of answer.body ?? []) received += chunk.byteLength;
    };
    await expect(reading()).rejects.toThrow();
    expect(received).toBe(4 * MIB);
    expect(edge.violations).toEqual([]);
  });

  test.each([
    ["cuts the viewer off when the function keeps the body", {}, "cut"],
    ["harms nothing when the function replaces the body", { body: "new" }, "new"],
  ])("an origin that breaks off %s", async (_what, body, expected) => {
    const answering = signal<Socket>();
    const origin = await startBrokenOrigin((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", () => answering.settle(socket));
    });
    const { edge } = await setUp({
      origin: { url: origin.url },
      behavior: originFunction(async (event) => {
        (await answering.promise).resetAndDestroy();
        await sleep(20);
        return { ...responseIn(event), ...body };
      }),
    });
    const seen = await send(edge.url, "/").then(
      (answer) => answer.body.toString(),
      () => "cut",
    );
    expect(seen).toBe(expected);
    expect(edge.violations).toEqual([]);
  });

  test("a viewer may leave: the function ends its work and the origin is hung up on", async () => {
    const { origin, hungUp } = await endlessOrigin();
    const [running, decided] = [signal(), signal()];
    let finished = false;
    const { edge } = await setUp({
      origin,
      behavior: originFunction(async (event) => {
        running.settle();
        await decided.promise;
        finished = true;
        return responseIn(event);
      }),
    });
    const viewer = connect(Number(new URL(edge.url).port), "127.0.0.1", () => {
      viewer.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    });
    await running.promise;
    viewer.destroy();
    await once(viewer, "close");
    decided.settle();
    await hungUp;
    expect(finished).toBe(true);
    expect(edge.violations).toEqual([]);
  });

  test("closing the emulator hangs up on viewer and origin", async () => {
    const { origin, hungUp } = await endlessOrigin();
    const running = signal();
    const { edge } = await setUp({
      origin,
      behavior: originFunction(() => {
        running.settle();
        return new Promise(() => {});
      }),
    });
    const pending = send(edge.url, "/").catch(() => "cut");
    await running.promise;
    await edge.close();
    await hungUp;
    expect(await pending).toBe("cut");
    expect(edge.violations).toEqual([]);
  });
});

/** An origin whose body never ends, and the moment it is hung up on. */
async function endlessOrigin() {
  const { promise: hungUp, settle } = signal();
  const { url } = await startBrokenOrigin((socket) => {
    socket.on("close", () => settle());
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe goods");
  });
  return { origin: { url }, hungUp };
}

describe("a body that the viewer is not to get is cut off at the origin", () => {
  test.each<[string, (response: CloudFrontResponse) => unknown, number]>([
    ["replaces it", (response) => ({ ...response, status: "402", body: "pay first" }), 402],
    ["empties it", (response) => ({ ...response, status: "402", body: "" }), 402],
    ["makes it a 204", (response) => ({ ...response, status: "204" }), 204],
    ["returns nothing valid", () => null, 502],
    [
      "throws",
      () => {
        throw new Error("no facilitator");
      },
      502,
    ],
    ["takes too long", () => new Promise(() => {}), 503],
  ])("when the function %s", async (_what, change, status) => {
    const { origin, hungUp } = await endlessOrigin();
    const { edge } = await setUp({
      origin,
      limits: { originResponseFunctionTimeoutMs: 50 },
      behavior: originFunction((event) => change(responseIn(event))),
    });
    const answer = await send(edge.url, "/");
    await hungUp;
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).not.toContain("the goods");
  });

  test("and what the function returns after its timeout changes nothing", async () => {
    const decided = signal<CloudFrontResponse>();
    const { edge } = await setUp({
      limits: { originResponseFunctionTimeoutMs: 30 },
      behavior: originFunction(() => decided.promise),
    });
    const answer = await send(edge.url, "/");
    expect([answer.status, answer.headers["x-emulator-rule"]]).toEqual([503, "function_timed_out"]);
    decided.settle({ status: "200", statusDescription: "OK", headers: {} });
    await new Promise((resolve) => setImmediate(resolve));
    expect(edge.violations).toHaveLength(1);
  });
});
