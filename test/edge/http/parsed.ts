/** Runs the parser over bytes as a connection would. */

import { createAnswerParser } from "../../../edge/adapters/http/answer-parser.ts";
import type { PostResult } from "../../../protocol/facilitator.ts";

/** Bytes. */
export const MAX_BODY = 1_000;

export interface Parsed {
  readonly result: PostResult;
  readonly isReusable: boolean;
}

/** What the pieces come to when the connection ends behind them. Each is overwritten once it was fed, as a buffer is. */
export function parsed(pieces: readonly Buffer[], maxBodyBytes = MAX_BODY): Parsed {
  const parser = createAnswerParser(maxBodyBytes);
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    const result = parser.feed(lent);
    lent.fill("?");
    if (result !== undefined) return { result, isReusable: parser.isReusable() };
  }
  return { result: parser.end(), isReusable: false };
}

/** What comes of these bytes before the connection ends. */
export function begun(bytes: string): PostResult | undefined {
  return createAnswerParser(MAX_BODY).feed(bytesOf(bytes));
}

/** Cut at these places. */
export function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

/** One of each kind that is an answer, and its body. */
export const GOOD: readonly (readonly [name: string, bytes: string, body: string])[] = [
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}"],
  ["a length of 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""],
  ["names in any case", "HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 2\r\n\r\n{}", "{}"],
  ["blanks around values", "HTTP/1.1 200 OK\r\nContent-Length:\t 2 \r\nX:\r\n\r\n{}", "{}"],
  ["no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", "{}"],
  ["an empty reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", "{}"],
  ["other headers", 'HTTP/1.1 200 OK\r\nX-A: b:c, "d" \xe9\r\nContent-Length: 2\r\nY: z\r\n\r\n{}', "{}"],
  ["a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "{}"],
  [
    "chunks, extensions and trailers",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n" +
      '1;a=b;c\r\n{\r\n000A\r\n"a":"\r\n\r\n"\r\n1\r\n}\r\n0;last\r\nX-Sum: 1\r\nY:\r\n\r\n',
    '{"a":"\r\n\r\n"}',
  ],
  ["no chunk but the last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""],
  ["the connection's end", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n{}", "{}"],
  ["no headers", "HTTP/1.1 200 OK\r\n\r\n{}", "{}"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}"],
  [
    "informational answers before it",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "{}",
  ],
  ["characters of several bytes", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\xe2\x82\xac\xc3\xb6!", "€ö!"],
];

/** A string here stands for bytes. */
export const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
