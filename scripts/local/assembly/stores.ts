/** What an assembly keeps data in: the table, the queues, the ledger's bucket, the refund key, the secrets. */

import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import * as v from "valibot";
import { AssemblyError } from "./assembly-error.ts";
import { physicalName, secretName } from "./local-names.ts";
import type { PlacedResource, Templates } from "./templates.ts";

export interface QueueModel {
  readonly name: string;
  readonly arn: string;
  readonly visibilityTimeoutMs: number;
  readonly redrive: { readonly maxReceiveCount: number; readonly deadLetterArn: string } | undefined;
}

const keySchema = v.array(
  v.strictObject({ AttributeName: v.string(), KeyType: v.picklist(["HASH", "RANGE"]) }),
);

const tableSchema = v.strictObject({
  AttributeDefinitions: v.array(
    v.strictObject({ AttributeName: v.string(), AttributeType: v.picklist(["S", "N", "B"]) }),
  ),
  BillingMode: v.literal("PAY_PER_REQUEST"),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: v.optional(
    v.array(
      v.strictObject({
        IndexName: v.string(),
        KeySchema: keySchema,
        Projection: v.strictObject({ ProjectionType: v.picklist(["ALL", "KEYS_ONLY"]) }),
      }),
    ),
  ),
  /** Of the supplier's notifications alone: kept here, as the local DynamoDB does not play it. */
  TimeToLiveSpecification: v.optional(
    v.strictObject({ AttributeName: v.literal("forgetAt"), Enabled: v.literal(true) }),
  ),
});

const unplayedOfTables = [
  "DeletionProtectionEnabled",
  "PointInTimeRecoverySpecification",
  "SSESpecification",
  "Tags",
];

/** What makes the tables just as the template has them. */
export function tablesOf(templates: Templates): readonly CreateTableCommandInput[] {
  return templates.all("AWS::DynamoDB::Table").map((placed) => {
    const table = templates.parse(placed, tableSchema, unplayedOfTables);
    const { AttributeDefinitions, BillingMode, KeySchema, GlobalSecondaryIndexes } = table;
    return {
      TableName: templates.ref(placed),
      AttributeDefinitions,
      BillingMode,
      KeySchema,
      ...(GlobalSecondaryIndexes === undefined ? {} : { GlobalSecondaryIndexes }),
    };
  });
}

/** Seconds. SQS's own, where the template says nothing. */
const DEFAULT_VISIBILITY_TIMEOUT = 30;

/** Without delays and FIFO, which the local SQS does not play. */
const queueSchema = v.strictObject({
  VisibilityTimeout: v.optional(v.number(), DEFAULT_VISIBILITY_TIMEOUT),
  RedrivePolicy: v.optional(v.strictObject({ deadLetterTargetArn: v.string(), maxReceiveCount: v.number() })),
});

const unplayedOfQueues = ["KmsMasterKeyId", "MessageRetentionPeriod", "SqsManagedSseEnabled", "Tags"];

export function queuesOf(templates: Templates): readonly QueueModel[] {
  return templates.all("AWS::SQS::Queue").map((placed) => {
    const { VisibilityTimeout, RedrivePolicy } = templates.parse(placed, queueSchema, unplayedOfQueues);
    return {
      name: physicalName(placed),
      arn: templates.attribute(placed, "Arn"),
      visibilityTimeoutMs: VisibilityTimeout * 1_000,
      redrive: RedrivePolicy && {
        maxReceiveCount: RedrivePolicy.maxReceiveCount,
        deadLetterArn: RedrivePolicy.deadLetterTargetArn,
      },
    };
  });
}

/** The bucket whose objects can't be deleted; others hold logs, which nothing here writes. */
export function ledgerBucketOf(templates: Templates): string {
  const locked = (placed: PlacedResource) => placed.resource.properties["ObjectLockEnabled"] === true;
  return templates.ref(only(templates.all("AWS::S3::Bucket").filter(locked), "bucket with Object Lock"));
}

const signingKey = v.looseObject({
  KeySpec: v.literal("ECC_SECG_P256K1"),
  KeyUsage: v.literal("SIGN_VERIFY"),
});

/** Of the key that signs refunds. */
export function refundKeyOf(templates: Templates): { readonly keyId: string; readonly region: string } {
  const signs = ({ resource }: PlacedResource) => v.is(signingKey, resource.properties);
  const placed = only(templates.all("AWS::KMS::Key").filter(signs), "KMS key that signs as Ethereum does");
  return { keyId: templates.ref(placed), region: placed.region };
}

/** Names of the secrets, by region. */
export function secretsOf(templates: Templates): ReadonlyMap<string, readonly string[]> {
  const byRegion = new Map<string, string[]>();
  for (const placed of templates.all("AWS::SecretsManager::Secret")) {
    const name = secretName(placed, placed.resource.properties);
    byRegion.set(placed.region, [...(byRegion.get(placed.region) ?? []), name]);
  }
  return byRegion;
}

function only(found: readonly PlacedResource[], what: string): PlacedResource {
  const [first, ...others] = found;
  if (first === undefined || others.length > 0) {
    throw new AssemblyError(`expected one ${what}, found ${found.length}`);
  }
  return first;
}
