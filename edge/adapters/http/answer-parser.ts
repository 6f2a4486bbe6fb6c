/** Reads one HTTP/1.1 answer as its bytes arrive, in whatever pieces. No I/O, no clock. */

import type { PostResult, TransportFault } from "../../../protocol/facilitator.ts";
import { readHead } from "./answer-head.ts";

export interface AnswerParser {
  /**
   * @param bytes lent for the call
   * @returns undefined while more has to come; with anything else the parser is done
   */
  feed(bytes: Buffer): PostResult | undefined;
  /** Tells that no more comes. */
  end(): PostResult;
  /** Whether the connection may carry another request after the answer. */
  isReusable(): boolean;
}

/** Of heads, chunk extensions and trailers, all together. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** A size below 2^52, and extensions in plain characters; nobody is known to send any. */
const CHUNK = /^([\dA-Fa-f]{1,13})((?:;[\w.-]+(?:=[\w.-]+)?)*)$/;

export function createAnswerParser(maxBodyBytes: number): AnswerParser {
  /** What comes next that is not the body. The end of a chunk is the line end behind its bytes. */
  let next: "head" | "chunk" | "chunk_end" | "trailer" | "nothing" = "head";
  /** Bytes of the body that come before it: Infinity when only the connection's end ends it. */
  let awaited = 0;
  // Bytes are kept as characters: strings are cut and searched by V8 itself, without Node.js's own ways, each of which
  // takes a cold process a tenth of a millisecond to get going.
  /** What came and is none of the body. */
  let unread = "";
  let body = "";
  let headBytes = 0;
  let status = 0;
  let isKept = false;
  let isWhole = false;

  function feed(lent: Buffer): PostResult | undefined {
    const text = unread + lent.toString("latin1");
    let at = 0;
    while (!isWhole) {
      if (awaited > 0) {
        const piece = text.slice(at, at + awaited);
        body += piece;
        at += piece.length;
        awaited -= piece.length;
        if (body.length + (awaited === Infinity ? 0 : awaited) > maxBodyBytes) return failed("too_large");
        if (awaited > 0) break;
      } else if (next === "nothing") {
        isWhole = true;
      } else {
        const mark = next === "head" ? "\r\n\r\n" : "\r\n";
        const end = text.indexOf(mark, at);
        const size = (end < 0 ? text.length : end + mark.length) - at;
        if (headBytes + size > MAX_HEAD_BYTES) return failed("reset");
        if (end < 0) break;
        if (next === "head" || next === "trailer") headBytes += size;
        const fault = read(text.slice(at, end));
        if (fault !== undefined) return failed(fault);
        at += size;
      }
    }
    unread = text.slice(at);
    return isWhole ? done() : undefined;
  }

  function read(text: string): TransportFault | undefined {
    switch (next) {
      case "head": {
        const head = readHead(text);
        if (head === undefined) return "reset";
        ({ status, isKept } = head);
        if (status >= 300 && status < 400) return "redirected";
        // The answer comes behind informational ones.
        if (status < 200) return undefined;
        awaited = head.length;
        next = head.isChunked ? "chunk" : "nothing";
        return undefined;
      }
      case "chunk": {
        const [, size, extensions = ""] = CHUNK.exec(text) ?? [];
        if (size === undefined) return "reset";
        headBytes += extensions.length;
        awaited = Number.parseInt(size, 16);
        next = awaited > 0 ? "chunk_end" : "trailer";
        return undefined;
      }
      case "chunk_end":
        next = "chunk";
        return text === "" ? undefined : "reset";
      default:
        if (text === "") next = "nothing";
        // Trailers are written as headers are.
        else if (readHead(`HTTP/1.1 200\r\n${text}`) === undefined) return "reset";
        return undefined;
    }
  }

  const done = (): PostResult => ({
    kind: "answer",
    status,
    body: Buffer.from(body, "latin1").toString("utf8"),
  });

  return {
    feed,
    end: () => (awaited === Infinity ? done() : failed("reset")),
    // What comes behind an answer is nobody's.
    isReusable: () => isKept && isWhole && unread === "",
  };
}

function failed(fault: TransportFault): PostResult {
  return { kind: "fault", fault };
}
