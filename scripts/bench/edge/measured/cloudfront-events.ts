/** Events of CloudFront functions for the one request, and readings of what they answer. */

import * as v from "valibot";
import { GOODS, HOST, MIME_TYPE, PATH } from "../terms.ts";
import type { Answer } from "./job.ts";

type Headers = Readonly<Record<string, string>>;

/** A fresh object each time: functions may change it in place. */
export function requestEvent(eventType: "viewer-request" | "origin-request", headers: Headers) {
  const body = { inputTruncated: false, action: "read-only", encoding: "base64", data: "" };
  const request = {
    clientIp: "192.0.2.1",
    method: "GET",
    uri: PATH,
    querystring: "",
    headers: cloudFrontHeaders(headers),
    ...(eventType === "viewer-request" ? { body } : {}),
  };
  return { Records: [{ cf: { config: configOf(eventType), request } }] };
}

/** Of the goods, for the request that was let through to them. */
export function originResponseEvent(request: unknown) {
  const length = String(JSON.stringify(GOODS).length);
  const headers = cloudFrontHeaders({ "content-type": MIME_TYPE, "content-length": length });
  const response = { status: "200", statusDescription: "OK", headers };
  return { Records: [{ cf: { config: configOf("origin-response"), request, response } }] };
}

/** Null for a request that is to be forwarded. Cheap, as it is measured with the rest. */
export function statusOf(result: unknown): number | null {
  if (typeof result !== "object" || result === null) throw new Error("a function answers with an object");
  return "status" in result ? Number(result.status) : null;
}

const headersSchema = v.record(v.string(), v.array(v.object({ value: v.string() })));

export function readResult(result: unknown): Answer {
  const { headers = {} } = v.parse(v.object({ headers: v.optional(headersSchema) }), result);
  return {
    status: statusOf(result),
    headers: Object.fromEntries(Object.entries(headers).map(([name, [first]]) => [name, first?.value ?? ""])),
  };
}

function configOf(eventType: string) {
  return {
    distributionDomainName: HOST,
    distributionId: "EDFDVBD6EXAMPLE",
    eventType,
    requestId: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
  };
}

function cloudFrontHeaders(headers: Headers) {
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, [{ key, value }]]));
}
