/** What the local AWS services have in common: a loopback server that reads a request, checks its signature, answers. */

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { readBody } from "../cloudfront/http-message.ts";
import { type Listening, listen } from "../listen.ts";
import { localCredentials } from "./credentials.ts";
import { AwsFault } from "./fault.ts";
import { checkSignature, type SignatureScope, type SignedRequest } from "./signature.ts";

export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body: string | Uint8Array;
}

export interface ServiceOptions extends SignatureScope {
  /** Named in errors, for example "Secrets Manager". */
  readonly what: string;
  readonly answer: (request: SignedRequest) => Promise<ServiceAnswer>;
  readonly refuse: (fault: AwsFault) => ServiceAnswer;
}

/** Bytes. More than any request that our functions make. */
const MAX_BODY_BYTES = 16 * 1_024 * 1_024;

/** Asks callers for {@link localCredentials}. @throws PortTakenError */
export async function startService(options: ServiceOptions): Promise<Listening> {
  const server = createServer((message, response) => {
    void respond(message, options)
      .catch((error: unknown) => options.refuse(asFault(error)))
      .then(({ status, headers, body }) => {
        response.writeHead(status, { ...headers, "x-amzn-requestid": randomUUID() });
        response.end(message.method === "HEAD" ? undefined : body);
      });
  });
  return listen(server, options.what);
}

async function respond(message: IncomingMessage, options: ServiceOptions): Promise<ServiceAnswer> {
  const body = await readBody(message, MAX_BODY_BYTES);
  if (body === null) throw new AwsFault("RequestEntityTooLarge", "The request is too large.", 413);
  const { method = "", url: target = "", headers } = message;
  const request = { method, target, headers, body };
  checkSignature(request, options, localCredentials, new Date());
  return options.answer(request);
}

function asFault(error: unknown): AwsFault {
  if (error instanceof AwsFault) return error;
  return new AwsFault("InternalFailure", error instanceof Error ? error.name : "unknown fault", 500);
}
