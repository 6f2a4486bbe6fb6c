/**
 * POSTs to a URL that a stranger chose. Its name is resolved once and every address of it is looked at; then the
 * connection goes to those addresses and no others, so that a name that means something else a moment later leads
 * nowhere. Redirects are not followed, no proxy is asked, and the answer's body is not read.
 */

import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import {
  type Destination,
  type DestinationOptions,
  destinationOf,
  type NoDestination,
} from "./destination.ts";

export type Posted =
  /** `status`: of the answer, whatever it is. */
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "failed"; readonly reason: PostFault };

/** Where there is no destination nothing was sent. */
export type PostFault = NoDestination | "connection_failed";

export interface WebhookPostOptions extends DestinationOptions {
  /** All of one try, finding the addresses included. Milliseconds. */
  readonly timeoutMs: number;
}

export interface Letter {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type WebhookPost = (url: string, letter: Letter) => Promise<Posted>;

export function createWebhookPost(options: WebhookPostOptions): WebhookPost {
  return async (text, letter) => {
    const url = new URL(text);
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const destination = await destinationOf(url, options, deadline);
    if (typeof destination === "string") return { kind: "failed", reason: destination };
    return postTo(destination, url, letter, deadline);
  };
}

/** Connects to these addresses, whatever the URL's host may resolve to. */
export async function postTo(
  destination: Destination,
  url: URL,
  { headers, body }: Letter,
  deadline: AbortSignal,
): Promise<Posted> {
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  try {
    const request = send(url, {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      lookup: only(destination),
      // A connection of its own: one that is open already was made for another call.
      agent: false,
      signal: deadline,
    });
    return { kind: "answered", status: await statusOf(request, body) };
  } catch {
    return { kind: "failed", reason: deadline.aborted ? "timeout" : "connection_failed" };
  }
}

/** A resolver that knows these addresses and no others. */
function only(destination: Destination): LookupFunction {
  const [{ address, family }] = destination;
  return (_, { all }, callback) => {
    if (all === true) callback(null, [...destination]);
    else callback(null, address, family);
  };
}

function statusOf(request: ClientRequest, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request.on("response", (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.on("error", reject);
    request.end(body);
  });
}
