/**
 * What edge functions have in common at every event: the call with its deadline, the headers they may not touch,
 * and the body of a response they make.
 */

import type { GeneratedResponse } from "./edge-result.ts";
import { decodeBase64, fieldBytes, type HeaderField, valuesOf } from "./http-message.ts";
import { RuleBroken } from "./rules.ts";

/**
 * Calls the function; its result crosses as JSON, as it does between Lambda and CloudFront.
 *
 * @throws RuleBroken
 */
export async function invoke(call: () => Promise<unknown>, timeoutMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RuleBroken("function_timed_out", `The function did not answer within ${timeoutMs} ms.`));
    }, timeoutMs).unref();
  });
  const run = async () => JSON.parse(JSON.stringify(await call()) ?? "null");
  try {
    return await Promise.race([run(), deadline]);
  } catch (error) {
    if (error instanceof RuleBroken) throw error;
    throw new RuleBroken("function_threw", `The function threw: ${String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Adding, changing and taking out a read-only header are the same offence.
 *
 * @param readOnly lowercase names
 * @throws RuleBroken
 */
export function checkReadOnlyHeaders(
  before: readonly HeaderField[],
  after: readonly HeaderField[],
  readOnly: readonly string[],
  eventType: "viewer-request" | "origin-response",
): void {
  for (const name of readOnly) {
    if (JSON.stringify(valuesOf(before, name)) !== JSON.stringify(valuesOf(after, name))) {
      throw new RuleBroken("header_read_only", `At ${eventType} the header "${name}" is read-only.`);
    }
  }
}

/**
 * The bytes of the body a function gave its response, or null when it gave none. A body on a 204 is documented as
 * an error at viewer-request only; at other events AWS says nothing, so it is refused there as well.
 *
 * @param maxBytes of headers and body together, the body counted as the function encoded it
 * @throws RuleBroken
 */
export function responseBody(response: GeneratedResponse, maxBytes: number): Buffer | null {
  const text = response.body ?? "";
  if (response.status === "204" && text !== "") {
    throw new RuleBroken(
      "generated_body_on_204",
      "A generated response with status 204 may not have a body.",
    );
  }
  const size = fieldBytes(response.headers) + Buffer.byteLength(text);
  if (size > maxBytes) {
    throw new RuleBroken(
      "generated_response_too_large",
      `The generated response has ${size} bytes with its headers; ${maxBytes} are allowed.`,
    );
  }
  if (response.body === undefined) return null;
  const body = response.bodyEncoding === "base64" ? decodeBase64(text) : Buffer.from(text);
  if (body === null) {
    throw new RuleBroken("generated_body_not_base64", "The generated response's body is not valid base64.");
  }
  return body;
}
