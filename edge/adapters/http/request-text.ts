/** One request as it goes over the wire, in one piece, so that it takes one write. */

import type { PostJson } from "../../../protocol/facilitator.ts";

export type Request = Parameters<PostJson>[0] & { readonly method: "GET" | "POST" };

export interface Target {
  /** The URL up to its path: what a connection leads to. */
  readonly origin: string;
  readonly isTls: boolean;
  /** A name or an address; one of IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  /** For the `host` header. */
  readonly authority: string;
  readonly path: string;
}

/** As the configuration holds URLs: written as the URL parser would, without credentials or fragment. */
const TARGET = /^(http(s?):\/\/((?:([\w.-]+)|\[([\da-f:.]+)\])(?::(\d{1,5}))?))(\/[!"$-~]*)?$/;
const FIELD = /^[\w!#$%&'*+.^`|~-]+: [\t -~]*\r\n$/;

/** @throws TypeError for any other URL. It is read here since the URL parser would mend what ought to be refused. */
export function readTarget(url: string): Target {
  const match = TARGET.exec(url);
  if (match === null) throw new TypeError("a URL can't be asked");
  const [, origin = "", s, authority = "", name, address = "", port, path = "/"] = match;
  const isTls = s === "s";
  return { origin, isTls, host: name ?? address, port: Number(port ?? (isTls ? 443 : 80)), authority, path };
}

/**
 * Framing and host are its own matter; the headers must not name them. To be written as UTF-8.
 *
 * @param isKept whether the connection is to outlive the answer
 * @throws TypeError for headers that would read as something else on the other side. It quotes none: some are secret.
 */
export function requestText({ method, headers, body }: Request, target: Target, isKept: boolean): string {
  let head = `${method} ${target.path} HTTP/1.1\r\nhost: ${target.authority}\r\n`;
  head += `connection: ${isKept ? "keep-alive" : "close"}\r\n`;
  for (const name of Object.keys(headers)) {
    const field = `${name}: ${headers[name]}\r\n`;
    if (!FIELD.test(field)) throw new TypeError("a header can't be written");
    head += field;
  }
  if (method === "POST") head += `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${head}\r\n${body}`;
}
