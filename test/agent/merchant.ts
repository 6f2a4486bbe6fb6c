/** A merchant that answers from a script, on loopback, and remembers what it was asked. */

import { createServer, type IncomingHttpHeaders } from "node:http";
import { listen } from "../../scripts/local/listen.ts";

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, other objects as JSON. */
  readonly body?: string | Uint8Array | object;
}

/** `reset` drops the connection, `hang` never answers. */
export type Step = ScriptedAnswer | "reset" | "hang";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Merchant {
  readonly url: string;
  /** Oldest first, since the last `plays`. */
  readonly requests: readonly SeenRequest[];
  /** Answers the coming requests with these, the last one for ever. */
  plays(...steps: readonly Step[]): void;
  close(): Promise<void>;
}

export async function startMerchant(): Promise<Merchant> {
  let script: Step[] = [];
  let last: Step = { status: 500, body: "nothing is scripted" };
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { method = "", url = "", headers } = request;
    requests.push({ method, path: url, headers, body: Buffer.concat(chunks).toString("utf8") });
    last = script.shift() ?? last;
    if (last === "hang") return;
    if (last === "reset") {
      request.socket.destroy();
      return;
    }
    const { status, headers: answered, body = "" } = last;
    const json = typeof body === "object" && !(body instanceof Uint8Array);
    response.writeHead(status, { ...(json ? { "content-type": "application/json" } : {}), ...answered });
    response.end(json ? JSON.stringify(body) : body);
  });
  const { url, close } = await listen(server, "the scripted merchant");
  return {
    url,
    requests,
    plays(...steps) {
      script = [...steps];
      requests.length = 0;
    },
    close,
  };
}

/** The requests that carried a payment, of either version. */
export function payments(merchant: Merchant): readonly string[] {
  return merchant.requests
    .map(({ headers }) => headers["payment-signature"] ?? headers["x-payment"])
    .filter((header) => typeof header === "string");
}
