/** What the local facilitator answers, CDP's error body included. */

import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";

/** `body` is sent as JSON, `html` as it is; a reset or a hang is no HTTP answer at all. */
export type Answer =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: number; readonly html: string }
  | "reset"
  | "hang";

type ErrorType = "unauthorized" | "invalid_request" | "not_found" | "internal_server_error";

export function failure(status: number, errorType: ErrorType, errorMessage: string): Answer {
  return { status, body: { errorType, errorMessage, correlationId: randomUUID() } };
}

export function send(response: ServerResponse, answer: Answer): void {
  if (answer === "hang") return;
  if (answer === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  const [type, text] =
    "html" in answer ? ["text/html", answer.html] : ["application/json", JSON.stringify(answer.body)];
  response.writeHead(answer.status, { "content-type": type }).end(text);
}
