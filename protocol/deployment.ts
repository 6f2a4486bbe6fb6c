/** How the CDK app deploys: the part of `edge402.config.ts` that no function reads. */

import * as v from "valibot";
import { urlSchema } from "./schema.ts";

function whole(min: number, max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
}

/** An ARN without wildcards. */
function arnOf(service: string) {
  return v.pipe(
    v.string(),
    v.regex(
      new RegExp(`^arn:aws:${service}:[a-z0-9-]*:\\d{12}:[\\w+=,.@:/-]+$`),
      `expected an ARN of ${service}`,
    ),
  );
}

const hostSchema = v.pipe(
  v.string(),
  v.maxLength(253),
  v.regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, "expected a host name in lower case"),
);

export const deploymentSchema = v.strictObject({
  /** Starts the names of the stacks. */
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,30}$/, "expected a-z, 0-9, -")), "edge402"),
  /** Where table, functions and API are. The edge is in us-east-1 wherever this is. */
  originRegion: v.optional(
    v.pipe(v.string(), v.regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, "expected an AWS region")),
    "us-east-1",
  ),
  /** `inline`: the edge's keys are built into its bundle. `secrets-manager`: it reads them at cold start. */
  secrets: v.optional(v.picklist(["inline", "secrets-manager"]), "inline"),
  /** The edge function's limits. AWS documents two sets; the smaller is the default. */
  edge: v.optional(
    v.strictObject({
      memoryMb: v.optional(whole(128, 10_240), 128),
      timeoutSeconds: v.optional(whole(1, 30), 5),
      /** Of the deployed bundle, in KiB of 1,024 bytes. */
      maxCodeKib: v.optional(whole(1, 51_200), 1_024),
    }),
    {},
  ),
  /** A name of one's own for the distribution. Its certificate is in us-east-1. */
  domain: v.optional(v.strictObject({ name: hostSchema, certificateArn: arnOf("acm") })),
  /** CloudFront shows a client certificate to the API, which then takes no other connection. */
  originMtls: v.optional(
    v.strictObject({
      /** The API's own name, with its certificate in the origin's region. */
      domainName: hostSchema,
      certificateArn: arnOf("acm"),
      /** The certificate authorities that the API trusts: `s3://bucket/key.pem`. */
      truststoreUri: v.pipe(
        v.string(),
        v.regex(/^s3:\/\/[a-z0-9.-]{3,63}\/[\w./-]{1,512}$/, "expected s3://bucket/key"),
      ),
      /** What CloudFront shows; in us-east-1. */
      clientCertificateArn: arnOf("acm"),
    }),
  ),
  /** What one address may ask of the edge in five minutes before AWS WAF refuses it. */
  requestsPerFiveMinutes: v.optional(whole(10, 2_000_000_000), 2_000),
  /** What API Gateway lets through to the origin. Requests a second, and at once. */
  throttle: v.optional(
    v.strictObject({ rate: v.optional(whole(1, 10_000), 200), burst: v.optional(whole(1, 5_000), 400) }),
    {},
  ),
  /** How long nobody can delete an archived ledger. Days. */
  archiveRetentionDays: v.optional(whole(1, 36_500), 2_557),
  /** The eSIM supplier's API. */
  supplierUrl: v.optional(urlSchema, "https://api.esimaccess.com/api/v1/open"),
  /** Where the origin sends its traces, OTLP over HTTP; `/v1/traces` is added. Without one none are sent. */
  otlpUrl: v.optional(urlSchema),
  /** Told of every alarm. */
  alarmEmail: v.optional(v.pipe(v.string(), v.email())),
});

export type Deployment = v.InferOutput<typeof deploymentSchema>;
