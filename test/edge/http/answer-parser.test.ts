/** Which bytes are an answer. All that could be read in two ways is none. */

import { describe, expect, test } from "vitest";
import { MAX_HEAD_BYTES } from "../../../edge/adapters/http/answer-parser.ts";
import type { PostResult, TransportFault } from "../../../protocol/facilitator.ts";
import { begun, bytesOf, GOOD, MAX_BODY, parsed } from "./parsed.ts";

const read = (text: string) => parsed([bytesOf(text)]);
const fault = (name: TransportFault): PostResult => ({ kind: "fault", fault: name });

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const SIZED = `${OK}Content-Length: 2\r\n`;

describe("an answer", () => {
  test.each(GOOD)("with %s is read", (_, bytes, body) => {
    expect(read(bytes).result).toEqual({ kind: "answer", status: 200, body });
  });

  test.each([200, 201, 204, 400, 404, 429, 500, 599])("of status %d is one", (status) => {
    const { result } = read(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`);
    expect(result).toEqual({ kind: "answer", status, body: "" });
  });

  test("of 204 ends with its head", () => {
    const answer = { kind: "answer", status: 204, body: "" };
    expect(begun("HTTP/1.1 204 No Content\r\n\r\n")).toEqual(answer);
  });

  test("whose length is known does not wait for the connection's end", () => {
    for (const bytes of [`${SIZED}\r\n{}`, `${CHUNKED}2\r\n{}\r\n0\r\n\r\n`]) {
      expect(begun(bytes)).toBeDefined();
    }
  });

  test("that is no UTF-8 has replacement characters", () => {
    expect(read(`${SIZED}\r\n\xff!`).result).toMatchObject({ body: "\ufffd!" });
  });
});

describe("the connection may go on", () => {
  test.each([
    ["after a length", `${SIZED}\r\n{}`],
    ["after chunks", `${CHUNKED}2\r\n{}\r\n0\r\n\r\n`],
    ["when the other side says so", `${SIZED}Connection: keep-alive\r\n\r\n{}`],
    [
      "after an informational answer that closes",
      `HTTP/1.1 103 X\r\nConnection: close\r\n\r\n${SIZED}\r\n{}`,
    ],
  ])("%s", (_, bytes) => {
    expect(read(bytes)).toMatchObject({ result: { kind: "answer" }, isReusable: true });
  });

  test.each([
    ["the other side closes it", `${SIZED}Connection: Close\r\n\r\n{}`],
    ["closing is one option of several", `${SIZED}Connection: keep-alive\r\nConnection: x, close\r\n\r\n{}`],
    ["it speaks HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}"],
    ["something comes behind the answer", `${SIZED}\r\n{}H`],
    ["something comes behind the chunks", `${CHUNKED}2\r\n{}\r\n0\r\n\r\n\r\n`],
    ["something comes behind 204", "HTTP/1.1 204 No Content\r\n\r\nH"],
  ])("not when %s", (_, bytes) => {
    expect(read(bytes)).toMatchObject({ result: { kind: "answer" }, isReusable: false });
  });
});

describe("a fault is", () => {
  test.each([
    ["nothing", ""],
    ["another protocol", "220 mail.example.com ESMTP\r\n\r\n"],
    ["HTTP/0.9", "{}"],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n"],
    ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"],
    ["lower case", "http/1.1 200 OK\r\n\r\n"],
    ["an empty line in front", `\r\n${SIZED}\r\n{}`],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a status that is none", "HTTP/1.1 600 X\r\n\r\n"],
    ["a status of 0", "HTTP/1.1 000 X\r\n\r\n"],
    ["two blanks before the status", "HTTP/1.1  200 OK\r\n\r\n"],
    ["another protocol's begin", "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"],
    ["half a body", `${SIZED}\r\n{`],
    ["an informational answer alone", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["an informational answer with a body", `HTTP/1.1 100 X\r\nContent-Length: 1\r\n\r\n!${SIZED}\r\n{}`],
    [
      "an informational answer in chunks",
      `HTTP/1.1 100 X\r\nTransfer-Encoding: chunked\r\n\r\n${SIZED}\r\n{}`,
    ],
    ["204 with a body", "HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\n{}"],
    ["204 in chunks", "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["bare LFs", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"],
    ["one bare LF", "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 2\r\n\r\n{}"],
    ["a bare CR", "HTTP/1.1 200 OK\r\nX: y\rContent-Length: 2\r\n\r\n{}"],
    ["a NUL in a value", `${SIZED}X: a\0b\r\n\r\n{}`],
    ["a NUL in a name", `${SIZED}X\0: a\r\n\r\n{}`],
    ["a control character in the reason", "HTTP/1.1 200 O\x07K\r\nContent-Length: 2\r\n\r\n{}"],
    ["DEL in a value", `${SIZED}X: \x7f\r\n\r\n{}`],
    ["a blank before the colon", `${OK}Content-Length : 2\r\n\r\n{}`],
    ["a blank before the name", `${OK} Content-Length: 2\r\n\r\n{}`],
    ["a folded line", `${SIZED}X: a\r\n b\r\n\r\n{}`],
    ["a line without a colon", `${SIZED}X\r\n\r\n{}`],
    ["no name", `${SIZED}: x\r\n\r\n{}`],
    ["a name beyond ASCII", `${SIZED}\xe9: x\r\n\r\n{}`],
    ["the same length twice", `${SIZED}Content-Length: 2\r\n\r\n{}`],
    ["two lengths", `${SIZED}Content-Length: 1\r\n\r\n{}`],
    ["two lengths in one", `${OK}Content-Length: 2, 2\r\n\r\n{}`],
    ["a length and chunks", `${SIZED}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    [
      "chunks and a length",
      `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
    ["a negative length", `${OK}Content-Length: -2\r\n\r\n{}`],
    ["a signed length", `${OK}Content-Length: +2\r\n\r\n{}`],
    ["a hexadecimal length", `${OK}Content-Length: 0x2\r\n\r\n{}`],
    ["a length with an exponent", `${OK}Content-Length: 2e0\r\n\r\n{}`],
    ["a length with a no-break space", `${OK}Content-Length:\xa02\r\n\r\n{}`],
    ["a length with a tab behind it", `${OK}Content-Length: 2\t\r\n\r\n{}`],
    ["a length beyond all numbers", `${OK}Content-Length: ${"9".repeat(400)}\r\n\r\n{}`],
    ["an empty length", `${OK}Content-Length:\r\n\r\n`],
    ["another coding", `${OK}Transfer-Encoding: gzip\r\n\r\n{}`],
    ["another coding below chunks", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
    ["no coding", `${OK}Transfer-Encoding: identity\r\n\r\n{}`],
    ["an empty coding", `${OK}Transfer-Encoding:\r\n\r\n{}`],
    ["chunks twice", `${OK}Transfer-Encoding: chunked\r\n${CHUNKED.slice(OK.length)}2\r\n{}\r\n0\r\n\r\n`],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
    [
      "chunks that are no more than chunk-like",
      `${OK}Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
    ["chunks without an end", `${CHUNKED}2\r\n{}\r\n`],
    ["a last chunk without an end", `${CHUNKED}2\r\n{}\r\n0\r\n`],
    ["a chunk without a size", `${CHUNKED}\r\n{}\r\n0\r\n\r\n`],
    ["a chunk size that is no number", `${CHUNKED}x\r\n{}\r\n0\r\n\r\n`],
    ["a chunk size with a prefix", `${CHUNKED}0x2\r\n{}\r\n0\r\n\r\n`],
    ["a signed chunk size", `${CHUNKED}+2\r\n{}\r\n0\r\n\r\n`],
    ["a negative chunk size", `${CHUNKED}-2\r\n{}\r\n0\r\n\r\n`],
    ["a blank before a chunk size", `${CHUNKED} 2\r\n{}\r\n0\r\n\r\n`],
    ["a blank after a chunk size", `${CHUNKED}2 \r\n{}\r\n0\r\n\r\n`],
    ["a chunk size beyond all numbers", `${CHUNKED}${"f".repeat(40)}\r\n{}\r\n0\r\n\r\n`],
    ["a chunk line that ends in a bare LF", `${CHUNKED}2\n{}\r\n0\r\n\r\n`],
    ["an extension with a bare LF", `${CHUNKED}2;a\n{}\r\n0\r\n\r\n`],
    ["a chunk longer than its size", `${CHUNKED}1\r\n{}\r\n0\r\n\r\n`],
    ["a chunk that ends in a bare LF", `${CHUNKED}2\r\n{}\n0\r\n\r\n`],
    ["a chunk whose last byte is taken for its end", `${CHUNKED}2\r\n{\r\n0\r\n\r\n`],
    ["a trailer that is none", `${CHUNKED}2\r\n{}\r\n0\r\nX\r\n\r\n`],
    ["a folded trailer", `${CHUNKED}2\r\n{}\r\n0\r\nX: a\r\n b\r\n\r\n`],
  ])("%s", (_, bytes) => {
    expect(read(bytes).result).toEqual(fault("reset"));
  });

  test.each([
    300, 301, 302, 303, 304, 307, 308, 399,
  ])("a redirect (%d), before its body has come", (status) => {
    const head = `HTTP/1.1 ${status} X\r\nLocation: /\r\nContent-Length: 9\r\n\r\n`;
    expect(begun(head)).toEqual(fault("redirected"));
  });
});

describe("what is too large is known", () => {
  test.each([
    ["by its length", `${OK}Content-Length: ${MAX_BODY + 1}\r\n\r\n`],
    ["by a length of terabytes", `${OK}Content-Length: ${"9".repeat(15)}\r\n\r\n`],
    ["by a chunk's size", `${CHUNKED}${(MAX_BODY + 1).toString(16)}\r\n`],
    ["by the sum of chunks", `${CHUNKED}1\r\na\r\n${MAX_BODY.toString(16)}\r\n`],
    ["by what came", `${OK}\r\n${"a".repeat(MAX_BODY + 1)}`],
  ])("%s, at once", (_, bytes) => {
    expect(begun(bytes)).toEqual(fault("too_large"));
  });

  test.each([
    ["length", `${OK}Content-Length: ${MAX_BODY}\r\n\r\n${"a".repeat(MAX_BODY)}`],
    [
      "chunks",
      `${CHUNKED}1\r\na\r\n${(MAX_BODY - 1).toString(16)}\r\n${"a".repeat(MAX_BODY - 1)}\r\n0\r\n\r\n`,
    ],
    ["the connection's end", `${OK}\r\n${"a".repeat(MAX_BODY)}`],
  ])("and the largest is read, by %s", (_, bytes) => {
    expect(read(bytes).result).toEqual({ kind: "answer", status: 200, body: "a".repeat(MAX_BODY) });
  });
});

test("a connection with a fault on it never goes on, though all that came was read", () => {
  for (const start of [`${OK}\r\n`, CHUNKED, `${OK}Content-Length: ${MAX_BODY + 1}\r\n\r\n`]) {
    const more = `${MAX_BODY.toString(16)}\r\n${"a".repeat(MAX_BODY)}\r\n`;
    const pieces = [start, more, more, more].map(bytesOf);
    expect(parsed(pieces)).toEqual({ result: fault("too_large"), isReusable: false });
  }
});

describe("what stands around a body is bounded:", () => {
  const padding = "a".repeat(MAX_HEAD_BYTES);
  const informational = "HTTP/1.1 103 X\r\n\r\n";
  test.each([
    ["a status line", `HTTP/1.1 200 ${padding}`],
    ["a header", `${OK}X: ${padding}`],
    ["headers", `${OK}${"X: y\r\n".repeat(MAX_HEAD_BYTES / 6)}`],
    ["informational answers", informational.repeat(MAX_HEAD_BYTES / informational.length + 1)],
    ["an extension", `${CHUNKED}1;${padding}`],
    ["extensions", `${CHUNKED}${`1;${padding.slice(0, 2_000)}\r\na\r\n`.repeat(9)}`],
    ["a trailer", `${CHUNKED}0\r\nX: ${padding}`],
    ["trailers", `${CHUNKED}0\r\n${"X: y\r\n".repeat(MAX_HEAD_BYTES / 6)}`],
  ])("%s", (_, bytes) => {
    expect(begun(bytes)).toEqual(fault("reset"));
  });

  test("a head of the largest size is read", () => {
    const [start, end] = [`${SIZED}X: `, "\r\n\r\n"];
    const head = start + padding.slice(start.length + end.length) + end;
    expect(read(`${head}{}`).result).toMatchObject({ body: "{}" });
  });
});
