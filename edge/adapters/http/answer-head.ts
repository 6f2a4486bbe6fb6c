/**
 * What stands before an answer's body. Taken is only what can be read in one way: what another reader might understand
 * otherwise (two lengths, folded lines, a bare LF, a coding besides chunked) is malformed.
 */

export interface Head {
  readonly status: number;
  readonly isChunked: boolean;
  /** Bytes of the body, besides chunks: Infinity when only the connection's end ends it. */
  readonly length: number;
  /** Whether the other side lets the connection outlive the answer. */
  readonly isKept: boolean;
}

/**
 * In one expression: a cold process compiles each, and one over all costs less than one for each line. What follows 101
 * is another protocol, and nobody asked for one.
 */
const HEAD =
  /^HTTP\/1\.([01]) (?!101)([1-5]\d\d)(?: [\t -~\x80-\xff]*)?((?:\r\n[\w!#$%&'*+.^`|~-]+:[\t -~\x80-\xff]*)*)$/;
/** More digits could become Infinity, and that means no length. Node.js's own client takes no tab at the end. */
const LENGTH = /^[\t ]*(\d{1,15}) *$/;
/** Both cases are spelled out: V8 compiles an expression that ignores case in a quarter of a millisecond. */
const CHUNKED = /^[\t ]*[Cc][Hh][Uu][Nn][Kk][Ee][Dd] *$/;

/**
 * @param text latin1, without the empty line at its end
 * @returns undefined for one that is malformed or contradicts itself
 */
export function readHead(text: string): Head | undefined {
  const [, minor, digits, fields] = HEAD.exec(text) ?? [];
  if (fields === undefined) return undefined;
  const status = Number(digits);
  let length: number | undefined;
  let isChunked = false;
  let isKept = minor === "1";
  for (const field of fields.split("\r\n")) {
    const colon = field.indexOf(":");
    const value = field.slice(colon + 1);
    switch (field.slice(0, colon).toLowerCase()) {
      case "content-length": {
        const bytes = LENGTH.exec(value)?.[1];
        if (bytes === undefined || length !== undefined) return undefined;
        length = Number(bytes);
        break;
      }
      case "transfer-encoding":
        // HTTP/1.0 has none.
        if (isChunked || minor === "0" || !CHUNKED.test(value)) return undefined;
        isChunked = true;
        break;
      case "connection":
        // Too careful with an option like "not-close", but never the other way round.
        if (value.toLowerCase().includes("close")) isKept = false;
    }
  }
  const isBodiless = status < 200 || status === 204;
  // Of those that can't have a body, one that announces it is read in two ways.
  if (isBodiless ? isChunked || (length ?? 0) > 0 : isChunked && length !== undefined) return undefined;
  return { status, isChunked, length: isBodiless || isChunked ? 0 : (length ?? Infinity), isKept };
}
