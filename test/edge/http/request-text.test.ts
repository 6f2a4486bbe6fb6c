/** What a URL is taken for. What is never written is shown with a server, in `http-connections.test.ts`. */

import { expect, test } from "vitest";
import { readTarget, requestText } from "../../../edge/adapters/http/request-text.ts";

test.each([
  ["https://a.example", true, "a.example", 443, "a.example", "/"],
  ["https://a.example/v2/x402/verify", true, "a.example", 443, "a.example", "/v2/x402/verify"],
  ["http://127.0.0.1:8080/?a=b&c=%0d%0a", false, "127.0.0.1", 8080, "127.0.0.1:8080", "/?a=b&c=%0d%0a"],
  ["http://localhost/a:b@c", false, "localhost", 80, "localhost", "/a:b@c"],
  ["https://[::1]:8443/x", true, "::1", 8443, "[::1]:8443", "/x"],
  ["http://[2001:db8::a]", false, "2001:db8::a", 80, "[2001:db8::a]", "/"],
])("%s leads where it says", (url, isTls, host, port, authority, path) => {
  expect(readTarget(url)).toMatchObject({ isTls, host, port, authority, path });
  expect(new URL(url).host).toBe(authority);
});

test.each([
  "ftp://a.example",
  "a.example",
  "https:/a.example",
  "https://",
  "https://a.example:",
  "https://a.example:123456",
  "https://user@a.example",
  "https://user:word@a.example/",
  "https://a.example?b",
  "https://a.example#b",
  "https://a.example\\@b.example",
  "https://::1/",
  "https://[::1/",
  "https://a.example/b c",
  "https://a.example/\r\nx: y",
  "https://a.example\r\n",
  "https://a.example/\u00e9",
  " https://a.example",
])("%j is not asked", (url) => {
  expect(() => readTarget(url)).toThrow(TypeError);
});

test("a body is counted in bytes, also of what UTF-8 can't say", () => {
  const request = { method: "POST", url: "", headers: {}, timeoutMs: 1 } as const;
  const target = readTarget("https://a.example");
  for (const body of ["", "{}", "\u00f6", "\u20ac", "\u{1f600}", "\ud83d", "\ude00a"]) {
    const [head = "", sent = ""] = requestText({ ...request, body }, target, true).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^content-length: ${Buffer.from(sent, "utf8").length}$`, "m"));
  }
});
