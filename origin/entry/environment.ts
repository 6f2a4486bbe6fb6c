/** The environment variables of the origin's functions. The CDK app sets them; a fault names the variable. */

import * as v from "valibot";
import { describeIssue, urlSchema } from "../../protocol/schema.ts";

export interface OriginEnvironment {
  readonly table: string;
  /** Name or ARN of the secret in Secrets Manager. */
  readonly secretId: string;
  /** The KMS key that signs refunds. */
  readonly refundKeyId: string;
  readonly archiveBucket: string;
  /** How long nobody can delete what is archived. Days. */
  readonly archiveRetentionDays: number;
  readonly workQueueUrl: string;
  readonly supplierUrl: string;
  /** Where traces go, OTLP over HTTP. */
  readonly otlpUrl: string | undefined;
  /** The dimension `Service` of the metrics. */
  readonly service: string;
}

export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

const textSchema = v.pipe(v.string(), v.minLength(1, "expected a value"));

const daysSchema = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,4}$/, "expected a whole number of days"),
  v.transform(Number),
);

const environmentSchema = v.object({
  EDGE402_TABLE: textSchema,
  EDGE402_SECRET_ID: textSchema,
  EDGE402_REFUND_KEY_ID: textSchema,
  EDGE402_ARCHIVE_BUCKET: textSchema,
  EDGE402_ARCHIVE_RETENTION_DAYS: daysSchema,
  EDGE402_WORK_QUEUE_URL: textSchema,
  EDGE402_SUPPLIER_URL: urlSchema,
  EDGE402_OTLP_URL: v.optional(urlSchema),
  EDGE402_SERVICE: textSchema,
});

/** @throws EnvironmentError */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): OriginEnvironment {
  const parsed = v.safeParse(environmentSchema, env);
  if (!parsed.success) throw new EnvironmentError(parsed.issues.map(describeIssue).join("; "));
  const { output } = parsed;
  return {
    table: output.EDGE402_TABLE,
    secretId: output.EDGE402_SECRET_ID,
    refundKeyId: output.EDGE402_REFUND_KEY_ID,
    archiveBucket: output.EDGE402_ARCHIVE_BUCKET,
    archiveRetentionDays: output.EDGE402_ARCHIVE_RETENTION_DAYS,
    workQueueUrl: output.EDGE402_WORK_QUEUE_URL,
    supplierUrl: output.EDGE402_SUPPLIER_URL,
    otlpUrl: output.EDGE402_OTLP_URL,
    service: output.EDGE402_SERVICE,
  };
}
