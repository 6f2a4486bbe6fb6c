/** Events of edge functions, and readings of what they answer. */

import * as v from "valibot";

const DISTRIBUTION = {
  distributionDomainName: "d111111abcdef8.cloudfront.net",
  distributionId: "EDFDVBD6EXAMPLE",
  requestId: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
};

export interface Asked {
  readonly method?: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function request({ method = "GET", uri, headers = {} }: Asked) {
  const all = Object.entries({ host: "shop.example.com", ...headers });
  return {
    clientIp: "192.0.2.1",
    method,
    uri,
    querystring: "",
    headers: Object.fromEntries(all.map(([key, value]) => [key.toLowerCase(), [{ key, value }]])),
  };
}

export function viewerRequest(asked: Asked) {
  const data = Buffer.from(asked.body ?? "").toString("base64");
  const body = { inputTruncated: false, action: "read-only", encoding: "base64", data };
  const config = { ...DISTRIBUTION, eventType: "viewer-request" };
  return { Records: [{ cf: { config, request: { ...request(asked), body } } }] };
}

export function originResponse(asked: Asked, status: string) {
  const config = { ...DISTRIBUTION, eventType: "origin-response" };
  const response = { status, statusDescription: "", headers: {} };
  return { Records: [{ cf: { config, request: request(asked), response } }] };
}

const headersSchema = v.record(v.string(), v.array(v.object({ key: v.string(), value: v.string() })));

const answerSchema = v.object({
  /** Absent in a request that is to be forwarded. */
  status: v.optional(v.string()),
  headers: headersSchema,
  body: v.optional(v.union([v.string(), v.looseObject({})])),
});

export interface EdgeAnswer {
  readonly status: string | undefined;
  readonly body: string;
  header(name: string): string;
}

export function answerOf(result: unknown): EdgeAnswer {
  const { status, headers, body } = v.parse(answerSchema, result);
  return {
    status,
    body: typeof body === "string" ? body : "",
    header: (name) => headers[name.toLowerCase()]?.map(({ value }) => value).join(", ") ?? "",
  };
}
