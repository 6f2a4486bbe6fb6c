/** Reads a request body of bounded size. */

import type { IncomingMessage } from "node:http";

const maxBodyBytes = 64 * 1024;

/** The body as text, or undefined when it is larger than 64 KiB. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > maxBodyBytes) {
      // The rest is read and thrown away, or the client would never get to read our answer.
      request.resume();
      return undefined;
    }
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
