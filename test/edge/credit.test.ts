/** Asking for our credit: only a clear answer in time counts, and it is remembered. */

import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { createCredit, MAX_CREDIT_ANSWER } from "../../edge/adapters/credit.ts";
import { createGet, type Get } from "../../edge/adapters/http-post.ts";
import { listen } from "../../scripts/local/listen.ts";
import {
  answers,
  closes,
  dribbles,
  endless,
  type Reaction,
  resets,
  startScripted,
  staysSilent,
} from "./scripted-server.ts";

const START = 1_800_000_000_000;

const low = answers('{"credit":"low"}');
const enough = answers('{"credit":"enough"}');

function asking(url: string) {
  const clock = { now: START };
  const credit = createCredit(url, createGet({ maxAnswerBytes: MAX_CREDIT_ANSWER }), () => clock.now);
  return { clock, ask: (waitMs = 10_000) => credit(clock.now + waitMs) };
}

test("the origin is asked by one GET, through the front door", async () => {
  const server = await startScripted(low);
  expect(await asking(server.url).ask()).toBe("low");
  const [request = ""] = server.requests;
  expect(request).toMatch(/^GET \/v1\/supply HTTP\/1\.1\r\n/);
  expect(request).not.toMatch(/^(content-length|transfer-encoding):/im);
});

describe("unknown is what is heard of an origin that", () => {
  test.each<[string, Reaction]>([
    ["says so", answers('{"credit":"unknown"}')],
    ["says nothing", staysSilent],
    ["dribbles", dribbles("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", 10)],
    ["resets", resets],
    ["closes", closes],
    ["fails", answers('{"credit":"low"}', "500 Internal Server Error")],
    ["has no such route", answers('{"credit":"low"}', "404 Not Found")],
    ["is kept from us", answers('{"credit":"low"}', "403 Forbidden")],
    ["answers something else", answers("<html>low</html>")],
    [
      "stops amid its answer",
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"credit":"low"}'),
    ],
    ["says too much", answers(`{"credit":"low"${" ".repeat(MAX_CREDIT_ANSWER)}}`)],
    ["never stops", endless],
  ])("%s", async (_, reaction) => {
    const server = await startScripted(reaction);
    expect(await asking(server.url).ask()).toBe("unknown");
    expect(server.requests).toHaveLength(1);
  });

  test("sends us elsewhere, where nobody is asked", async () => {
    const elsewhere = await startScripted(low);
    const server = await startScripted(answers("{}", "302 Found", [`Location: ${elsewhere.url}/v1/supply`]));
    expect(await asking(server.url).ask()).toBe("unknown");
    expect(elsewhere.connections).toHaveLength(0);
  });

  test("is not there", async () => {
    const { url, close } = await listen(createServer(), "a server that is gone");
    await close();
    expect(await asking(url).ask()).toBe("unknown");
  });

  test("can't even be asked", async () => {
    const broken: Get = () => Promise.reject(new Error("no client"));
    expect(await createCredit("http://127.0.0.1", broken, () => START)(START + 1_000)).toBe("unknown");
  });
});

test("an answer after the deadline is for the next payment", async () => {
  const server = await startScripted((socket, text) => setTimeout(() => low(socket, text), 100));
  const { ask } = asking(server.url);
  expect(await ask(10)).toBe("unknown");
  expect(await ask()).toBe("low");
  expect(server.requests).toHaveLength(1);
});

test("a deadline that has passed waits for nothing", async () => {
  const server = await startScripted(staysSilent);
  expect(await asking(server.url).ask(-1)).toBe("unknown");
});

describe("what was heard", () => {
  test.each([
    ["enough", enough],
    ["low", low],
  ] as const)("%s, is remembered for half a minute", async (word, reaction) => {
    const server = await startScripted(reaction, answers('{"credit":"unknown"}'));
    const { clock, ask } = asking(server.url);
    for (const at of [0, 1, 29_999]) {
      clock.now = START + at;
      expect(await ask()).toBe(word);
    }
    expect(server.requests).toHaveLength(1);
    clock.now = START + 30_000;
    expect(await ask()).toBe("unknown");
  });

  test("if it was nothing, is asked for again after five seconds", async () => {
    const server = await startScripted(answers("", "503 Busy"), low);
    const { clock, ask } = asking(server.url);
    expect(await ask()).toBe("unknown");
    clock.now = START + 4_999;
    expect(await ask()).toBe("unknown");
    expect(server.requests).toHaveLength(1);
    clock.now = START + 5_000;
    expect(await ask()).toBe("low");
  });

  test("is asked for again once the clock was set back", async () => {
    const server = await startScripted(low, enough);
    const { clock, ask } = asking(server.url);
    expect(await ask()).toBe("low");
    clock.now = START - 1;
    expect(await ask()).toBe("enough");
  });

  test("serves all who ask at once, and the connection stays for the next look", async () => {
    const server = await startScripted(low);
    const { clock, ask } = asking(server.url);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["low", "low", "low"]);
    clock.now = START + 60_000;
    expect(await ask()).toBe("low");
    expect([server.requests.length, server.connections.length]).toEqual([2, 1]);
  });
});
