/**
 * The shapes an edge function may return: at a request event a request to go on with or a response for the viewer,
 * at a response event a response. Anything else fails, as CloudFront's validation would.
 */

import * as v from "valibot";
import { isDisallowed, viewerRequestReadOnly } from "./header-policy.ts";
import { type HeaderField, isHeaderName, isHeaderValue } from "./http-message.ts";
import { RuleBroken } from "./rules.ts";

const Headers = v.record(v.string(), v.array(v.object({ key: v.optional(v.string()), value: v.string() })));

const GeneratedResponse = v.object({
  status: v.pipe(v.string(), v.regex(/^[2-5]\d\d$/, "must be a string from 200 to 599")),
  statusDescription: v.optional(
    v.pipe(v.string(), v.check(isHeaderValue, "has characters HTTP does not allow")),
  ),
  headers: v.optional(Headers, {}),
  bodyEncoding: v.optional(v.picklist(["text", "base64"]), "text"),
  body: v.optional(v.string()),
});

const ReturnedRequest = v.object({
  clientIp: v.string(),
  method: v.string(),
  uri: v.string(),
  querystring: v.string(),
  headers: Headers,
  body: v.optional(
    v.object({
      action: v.picklist(["read-only", "replace"]),
      encoding: v.picklist(["text", "base64"]),
      data: v.string(),
    }),
  ),
});

export type ReturnedRequest = Omit<v.InferOutput<typeof ReturnedRequest>, "headers"> & {
  readonly headers: readonly HeaderField[];
};
export type GeneratedResponse = Omit<v.InferOutput<typeof GeneratedResponse>, "headers"> & {
  readonly headers: readonly HeaderField[];
};

export type EdgeResult =
  | { readonly kind: "request"; readonly request: ReturnedRequest }
  | { readonly kind: "response"; readonly response: GeneratedResponse };

/**
 * Parses what a viewer-request function returned, after its trip through JSON. A result with a `status` is a
 * response.
 *
 * @throws RuleBroken
 */
export function parseRequestResult(result: unknown): EdgeResult {
  if (typeof result !== "object" || result === null || Array.isArray(result)) {
    throw new RuleBroken(
      "function_result_invalid",
      "The function returned neither a request nor a response.",
    );
  }
  if ("status" in result) {
    const response = parseResponseResult(result);
    for (const { name } of response.headers) refuseReadOnly(name.toLowerCase());
    return { kind: "response", response };
  }
  const request = parse(ReturnedRequest, result);
  return { kind: "request", request: { ...request, headers: allowedFields(request.headers) } };
}

/**
 * Parses what an origin-response function returned, after its trip through JSON.
 *
 * @throws RuleBroken
 */
export function parseResponseResult(result: unknown): GeneratedResponse {
  const response = parse(GeneratedResponse, result);
  return { ...response, headers: allowedFields(response.headers) };
}

function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? "result"}: ${issue.message}`);
  throw new RuleBroken(
    "function_result_invalid",
    `The function's result is not valid. ${faults.join("; ")}.`,
  );
}

function allowedFields(headers: v.InferOutput<typeof Headers>): HeaderField[] {
  const fields = flatten(headers);
  for (const { name } of fields) refuseDisallowed(name.toLowerCase());
  return fields;
}

/** Header fields of a result's header map, whose keys must be the lowercase names. */
function flatten(headers: v.InferOutput<typeof Headers>): HeaderField[] {
  return Object.entries(headers).flatMap(([lower, entries]) =>
    entries.map(({ key, value }) => {
      const name = key ?? lower;
      if (name.toLowerCase() !== lower) {
        throw new RuleBroken(
          "header_invalid",
          `The header "${name}" stands under the map's key "${lower}", not under its lowercase name.`,
        );
      }
      if (!isHeaderName(name) || !isHeaderValue(value)) {
        throw new RuleBroken("header_invalid", `The header "${lower}" has characters HTTP does not allow.`);
      }
      return { name, value };
    }),
  );
}

function refuseDisallowed(name: string): void {
  if (isDisallowed(name)) {
    throw new RuleBroken("header_disallowed", `Edge functions may not add the header "${name}".`);
  }
}

/** A response made at viewer-request starts from nothing, so any read-only header in it was added. */
function refuseReadOnly(name: string): void {
  if (viewerRequestReadOnly.some((readOnly) => readOnly === name)) {
    throw new RuleBroken("header_read_only", `A viewer-request function may not set the header "${name}".`);
  }
}
