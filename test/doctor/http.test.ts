/** One request to a server that means no good. */

import { afterEach, describe, expect, test } from "vitest";
import { send } from "../../scripts/doctor/http.ts";
import { rpc, word } from "../../scripts/doctor/json-rpc.ts";
import { json, type LoopbackServer, answer as respond, startServer } from "./servers.ts";

const open: LoopbackServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(...handle: Parameters<typeof startServer>): Promise<string> {
  const server = await startServer(...handle);
  open.push(server);
  return server.url;
}

describe("a request", () => {
  test("sends its target as it is written", async () => {
    const targets: string[] = [];
    const url = await serve(({ target }, response) => {
      targets.push(target);
      response.end();
    });
    for (const target of ["/./a", "/a/../b", "//a", "/a%2fb", "/a\\b"]) await send({ url, target });
    expect(targets).toEqual(["/./a", "/a/../b", "//a", "/a%2fb", "/a\\b"]);
  });

  test("names a user agent", async () => {
    const url = await serve(({ headers }, response) => void response.end(headers["user-agent"]));
    const reply = await send({ url });
    expect(reply.kind === "answer" && reply.body.toString()).toBe("edge402-doctor");
  });

  test("follows no redirect", async () => {
    const url = await serve((_, response) => void response.writeHead(302, { location: "/elsewhere" }).end());
    expect(await send({ url })).toMatchObject({ kind: "answer", status: 302 });
  });

  test.each<[string, Parameters<typeof startServer>[0]]>([
    ["never answers", () => {}],
    ["stalls in the middle of its body", (_, response) => void response.writeHead(200).write("{")],
    [
      "drips its body",
      (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write("x"), 5);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ])("ends at its deadline when the server %s", async (_, handle) => {
    const url = await serve(handle);
    expect(await send({ url, deadlineMs: 60 })).toEqual({ kind: "fault", fault: "timeout" });
  });

  test("ends when the answer is too large", async () => {
    const url = await serve((_, response) => void response.end("x".repeat(2_000)));
    expect(await send({ url, maxBytes: 1_999 })).toEqual({ kind: "fault", fault: "too_large" });
    expect(await send({ url, maxBytes: 2_000 })).toMatchObject({ kind: "answer" });
  });

  test("tells a connection that broke off from one that never came about", async () => {
    const url = await serve((_, response) => void response.destroy());
    expect(await send({ url })).toEqual({ kind: "fault", fault: "broken_off" });
    await Promise.all(open.splice(0).map((server) => server.close()));
    expect(await send({ url })).toEqual({ kind: "fault", fault: "refused" });
  });

  test("does not wait for a server that switches protocols", async () => {
    const url = await serve((_, response) => {
      response.socket?.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    });
    expect(await send({ url, deadlineMs: 2_000 })).toEqual({ kind: "fault", fault: "broken_off" });
  });
});

describe("a JSON-RPC call", () => {
  test.each<[string, unknown, string]>([
    [
      "an error",
      { error: { code: -32_005, message: "your key abc is out of credit" } },
      "eth_call is refused with code -32005",
    ],
    ["no result", {}, "eth_call is answered with something else"],
    ["a short word", { result: "0x12" }, "eth_call is answered with something else"],
    ["a number", { result: 12 }, "eth_call is answered with something else"],
    ["a text", "no", "HTTP status 200, no JSON-RPC answer"],
  ])("answered with %s is a reason in our own words", async (_, value, reason) => {
    const url = await serve((_request, response) => respond(response, json(200, value)));
    expect(await rpc(url, "eth_call", [], word)).toEqual({ ok: false, reason });
  });

  test("answered with a page instead of JSON names the status", async () => {
    const url = await serve((_, response) => respond(response, { status: 429, headers: {}, body: "<html>" }));
    expect(await rpc(url, "eth_call", [], word)).toEqual({
      ok: false,
      reason: "HTTP status 429, no JSON-RPC answer",
    });
  });

  test("gives a word in lower case", async () => {
    const url = await serve((_, response) =>
      respond(response, json(200, { result: `0x${"AB".repeat(32)}` })),
    );
    expect(await rpc(url, "eth_call", [], word)).toEqual({ ok: true, value: `0x${"ab".repeat(32)}` });
  });
});
