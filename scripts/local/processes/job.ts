/** What a child process of the local stack is told to be. It comes over IPC: arguments and environments can be read by others. */

import * as v from "valibot";
import { secretsSchema } from "../stack/secrets.ts";

const shared = {
  /** As a merchant writes it; the child parses it as a cold start would. */
  config: v.unknown(),
  secrets: secretsSchema,
};

const originJob = v.strictObject({
  role: v.literal("origin"),
  ...shared,
  table: v.string(),
  dynamo: v.object({
    endpoint: v.string(),
    region: v.string(),
    credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
  }),
  supplierUrl: v.string(),
  archiveDir: v.string(),
  /** Milliseconds. */
  fulfilWithinMs: v.number(),
});

const gatewayJob = v.strictObject({ role: v.literal("gateway"), ...shared, originUrl: v.string() });

export const jobSchema = v.variant("role", [originJob, gatewayJob]);

export type Job = v.InferOutput<typeof jobSchema>;
export type OriginJob = v.InferOutput<typeof originJob>;
export type GatewayJob = v.InferOutput<typeof gatewayJob>;

/** What the child answers once it listens. */
export const readySchema = v.object({ url: v.string() });
