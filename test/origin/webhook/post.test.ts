/** What a stranger's URL makes the origin do: one POST to a public address, or nothing. */

import type { LookupAddress } from "node:dns";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createWebhookPost, postTo } from "../../../origin/webhook/post.ts";
import { listen } from "../../../scripts/local/listen.ts";

const TIMEOUT_MS = 400;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Receiver {
  readonly url: string;
  readonly requests: IncomingMessage[];
  readonly bodies: string[];
}

async function receiver(
  answer: RequestListener = (_, response) => void response.end("taken"),
): Promise<Receiver> {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(request);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    bodies.push(Buffer.concat(chunks).toString());
    answer(request, response);
  });
  const { url, close } = await listen(server, "a receiver");
  closers.push(async () => {
    server.closeAllConnections();
    await close();
  });
  return { url, requests, bodies };
}

const LETTER = { headers: { "content-type": "application/json", "webhook-id": "msg_1" }, body: '{"ü":1}' };
const local = createWebhookPost({ timeoutMs: TIMEOUT_MS, loopback: true });

describe("on one machine", () => {
  test("the letter arrives as it is, and the answer's status comes back", async () => {
    const { url, requests, bodies } = await receiver((_, response) => void response.writeHead(202).end());
    expect(await local(`${url}/hook?a=b`, LETTER)).toEqual({ kind: "answered", status: 202 });
    expect(requests[0]).toMatchObject({ method: "POST", url: "/hook?a=b" });
    expect(requests[0]?.headers).toMatchObject(LETTER.headers);
    expect(bodies).toEqual([LETTER.body]);
  });

  test("a redirect is an answer, and nobody goes where it points", async () => {
    const target = await receiver();
    const { url } = await receiver(
      (_, response) => void response.writeHead(307, { location: target.url }).end(),
    );
    expect(await local(url, LETTER)).toEqual({ kind: "answered", status: 307 });
    expect(target.requests).toEqual([]);
  });

  test("an answer without end is not waited for", async () => {
    const { url } = await receiver((_, response) => {
      response.writeHead(200);
      const flood = setInterval(() => response.write("x".repeat(65_536)), 1);
      response.on("close", () => clearInterval(flood));
    });
    expect(await local(url, LETTER)).toEqual({ kind: "answered", status: 200 });
  });

  test("no answer is a timeout, a lost connection is a failure", async () => {
    const silent = await receiver(() => {});
    expect(await local(silent.url, LETTER)).toEqual({ kind: "failed", reason: "timeout" });
    const reset = await receiver((request) => void request.socket.destroy());
    expect(await local(reset.url, LETTER)).toEqual({ kind: "failed", reason: "connection_failed" });
  });
});

test("a connection goes to the addresses that were looked at, whatever the name means by then", async () => {
  const { url, requests } = await receiver();
  const named = new URL(url);
  named.hostname = "rebound.invalid";
  const posted = await postTo(
    [{ address: "127.0.0.1", family: 4 }],
    named,
    LETTER,
    AbortSignal.timeout(2_000),
  );
  expect(posted).toEqual({ kind: "answered", status: 200 });
  expect(requests[0]?.headers.host).toBe(named.host);
});

describe("deployed", () => {
  /** @returns what came of it, and the names that were resolved */
  async function attempt(url: string, addresses: readonly string[] = []) {
    const resolved: string[] = [];
    const resolve = async (hostname: string): Promise<readonly LookupAddress[]> => {
      resolved.push(hostname);
      return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    };
    return { posted: await createWebhookPost({ timeoutMs: TIMEOUT_MS, resolve })(url, LETTER), resolved };
  }

  const REFUSED = { kind: "failed", reason: "address_refused" };

  test.each([
    ["https://127.0.0.1/"],
    ["https://2130706433/"],
    ["https://0x7f.1/"],
    ["https://0177.0.0.1/"],
    ["https://127.1/"],
    ["https://10.0.0.1/hook"],
    ["https://169.254.169.254/latest/meta-data/"],
    ["https://[::1]/"],
    ["https://[::ffff:127.0.0.1]/"],
    ["https://[::ffff:7f00:1]/"],
    ["https://[fe80::1]/"],
    ["https://[64:ff9b::7f00:1]/"],
    ["https://0/"],
  ])("%s is refused without asking anybody", async (url) => {
    expect(await attempt(url)).toEqual({ posted: REFUSED, resolved: [] });
  });

  test.each([
    ["a private address", ["10.0.0.1"]],
    ["a public address and a private one", ["1.1.1.1", "192.168.1.1"]],
    ["a public address and loopback", ["2606:4700::1111", "::1"]],
  ])("a name of %s is refused, and was resolved once", async (_, addresses) => {
    expect(await attempt("https://agent.example/hook", addresses)).toEqual({
      posted: REFUSED,
      resolved: ["agent.example"],
    });
  });

  test("a machine's own receiver is not called, by address or by name", async () => {
    const { url, requests } = await receiver();
    const named = url.replace("127.0.0.1", "localhost");
    for (const each of [url, named])
      expect(await attempt(each, ["127.0.0.1"])).toEqual({ posted: REFUSED, resolved: [] });
    expect(requests).toEqual([]);
  });

  test("another port than https's own is refused", async () => {
    expect((await attempt("https://agent.example:8443/", ["1.1.1.1"])).posted).toEqual(REFUSED);
  });

  test("a name of no address is unresolved, and a resolver that takes too long a timeout", async () => {
    expect((await attempt("https://agent.example/")).posted).toEqual({
      kind: "failed",
      reason: "unresolved",
    });
    const failing = createWebhookPost({
      timeoutMs: TIMEOUT_MS,
      resolve: () => Promise.reject(new Error("ENOTFOUND")),
    });
    expect(await failing("https://agent.example/", LETTER)).toEqual({ kind: "failed", reason: "unresolved" });
    const slow = createWebhookPost({ timeoutMs: TIMEOUT_MS, resolve: () => new Promise(() => {}) });
    expect(await slow("https://agent.example/", LETTER)).toEqual({ kind: "failed", reason: "timeout" });
  });
});
