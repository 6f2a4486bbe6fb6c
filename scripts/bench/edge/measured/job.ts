/** What a measured process is told to do, and what it reports. */

import * as v from "valibot";

/** How a contestant is called. */
export const hostSchema = v.picklist([
  /** One CloudFront function: `handler(event)`. */
  "viewer-request",
  /** Two CloudFront functions: `originRequest(event)`, and `originResponse(event)` after the origin's 200. */
  "origin-pair",
  /** `fetch(request)`. */
  "fetch",
  /** `app(request, response)` of node:http. */
  "node",
]);

export type Host = v.InferOutput<typeof hostSchema>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const jobSchema = v.strictObject({
  /** The contestant's file. */
  bundle: v.string(),
  host: hostSchema,
  /** The payment's headers, none for an unpaid request. */
  headers: v.record(v.string(), v.string()),
  /** Requests after the first that count as a young instance's. */
  young: count,
  /** Requests after those that are not measured. */
  warmUp: count,
  /** Requests after those that are. */
  hot: count,
  /** Where the process puts its own id before it begins: a control group's file. */
  group: v.nullable(v.string()),
});

export type Job = v.InferOutput<typeof jobSchema>;

export const answerSchema = v.object({
  /** Null for a request that is let through to the origin. */
  status: v.nullable(v.number()),
  /** Lower-case names; of the forwarded request where it is let through. */
  headers: v.record(v.string(), v.string()),
});

export type Answer = v.InferOutput<typeof answerSchema>;

const cost = v.object({
  /** A request's mean, user and system time of all threads. Milliseconds. */
  cpuMs: v.number(),
  /** A request's mean. Milliseconds. */
  wallMs: v.number(),
});

export type Cost = v.InferOutput<typeof cost>;

export const reportSchema = v.object({
  /** What Node.js itself took until the contestant was loaded. Milliseconds of CPU. */
  emptyCpuMs: v.number(),
  /** From before the contestant is loaded to its first answer. */
  cold: cost,
  young: v.nullable(cost),
  hot: v.nullable(cost),
  /** Resident memory in the end. Bytes. */
  memory: v.number(),
  /** The first answer. Every later one had the same status. */
  answer: answerSchema,
});

export type Report = v.InferOutput<typeof reportSchema>;
