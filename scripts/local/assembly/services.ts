/** The AWS services that an assembly's functions call, started on this machine with what its templates declare. */

import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
} from "@aws-sdk/client-dynamodb";
import type { Hex } from "../../../protocol/hex.ts";
import { startKms } from "../aws/kms.ts";
import { createQueue, type Queue } from "../aws/queue.ts";
import { startS3 } from "../aws/s3.ts";
import { startSecretsManager } from "../aws/secrets-manager.ts";
import { startSqs } from "../aws/sqs.ts";
import type { LocalDynamo } from "../dynamo/start-dynamo.ts";
import { AssemblyError } from "./assembly-error.ts";
import type { TemplateStack } from "./read-assembly.ts";
import { ledgerBucketOf, type QueueModel, queuesOf, refundKeyOf, secretsOf, tablesOf } from "./stores.ts";
import { createTemplates, type Templates } from "./templates.ts";

/** What is kept outside of the assembly's own services. */
export interface ServiceBackends {
  readonly dynamo: LocalDynamo;
  /** The private half of the refund wallet's key. */
  readonly refundKey: Hex;
  /** The folder behind the ledger's bucket. */
  readonly archiveDir: string;
}

export interface Services {
  readonly templates: Templates;
  /** The variables by which the SDK finds the services of a region. */
  endpointsIn(region: string): Readonly<Record<string, string>>;
  /** By ARN. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** Null where the assembly has no table. */
  readonly table: string | null;
}

interface Closable {
  close(): Promise<void> | void;
}

/** @param opened is given each service, to be closed at the end. @throws AssemblyError */
export async function startServices(
  stacks: readonly TemplateStack[],
  { dynamo, refundKey, archiveDir }: ServiceBackends,
  opened: (closable: Closable) => void,
): Promise<Services> {
  // Queues' URLs are in the values of the templates, so SQS listens before these are worked out.
  const region = originRegion(stacks);
  const named: Record<string, Queue> = {};
  const sqs = await startSqs({ region, queues: named });
  opened(sqs);
  const templates = createTemplates(stacks, sqs.urlOf);
  const queues = createQueues(queuesOf(templates));
  for (const { name, arn } of queuesOf(templates)) named[name] = queueAt(queues, arn);

  const secretsManagers = new Map<string, string>();
  for (const [place, secrets] of secretsOf(templates)) {
    const manager = await startSecretsManager({ region: place, secrets });
    opened(manager);
    secretsManagers.set(place, manager.url);
  }
  const tables = tablesOf(templates);
  await createTables(dynamo, tables);
  const stores =
    tables.length === 0 ? {} : await startStores(templates, { dynamo, refundKey, archiveDir }, opened);

  return {
    templates,
    queues,
    table: tables[0]?.TableName ?? null,
    endpointsIn(place) {
      const secretsManager = secretsManagers.get(place);
      return {
        ...(secretsManager === undefined ? {} : { AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager }),
        ...(place === region ? { AWS_ENDPOINT_URL_SQS: sqs.url, ...stores } : {}),
      };
    },
  };
}

async function startStores(
  templates: Templates,
  { dynamo, refundKey, archiveDir }: ServiceBackends,
  opened: (closable: Closable) => void,
): Promise<Record<string, string>> {
  const kms = await startKms({ ...refundKeyOf(templates), privateKey: refundKey });
  opened(kms);
  const { region } = refundKeyOf(templates);
  const s3 = await startS3({ region, bucket: ledgerBucketOf(templates), folder: archiveDir });
  opened(s3);
  return {
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_ENDPOINT_URL_S3: s3.url,
  };
}

/** Where the queues are, and with them everything of the origin. */
function originRegion(stacks: readonly TemplateStack[]): string {
  const withQueues = stacks.filter(({ resources }) =>
    [...resources.values()].some(({ type }) => type === "AWS::SQS::Queue"),
  );
  const regions = new Set((withQueues.length === 0 ? stacks : withQueues).map(({ region }) => region));
  const [region, ...others] = regions;
  if (region === undefined || others.length > 0) throw new AssemblyError("the origin is in several regions");
  return region;
}

/** Dead-letter queues first, since the others point to them. */
function createQueues(models: readonly QueueModel[]): ReadonlyMap<string, Queue> {
  const queues = new Map<string, Queue>();
  for (const { arn, visibilityTimeoutMs, redrive } of models) {
    if (redrive === undefined) queues.set(arn, createQueue({ arn, visibilityTimeoutMs }));
  }
  for (const { arn, visibilityTimeoutMs, redrive } of models) {
    if (redrive === undefined) continue;
    const { maxReceiveCount, deadLetterArn } = redrive;
    const deadLetters = queueAt(queues, deadLetterArn);
    queues.set(arn, createQueue({ arn, visibilityTimeoutMs, redrive: { maxReceiveCount, deadLetters } }));
  }
  return queues;
}

/** @throws AssemblyError */
export function queueAt(queues: ReadonlyMap<string, Queue>, arn: string): Queue {
  const queue = queues.get(arn);
  if (queue === undefined) throw new AssemblyError(`there is no queue ${arn}`);
  return queue;
}

/** A table that a data folder kept is taken as it is. */
async function createTables(dynamo: LocalDynamo, tables: readonly CreateTableCommandInput[]): Promise<void> {
  const client = new DynamoDBClient(dynamo.clientConfig);
  try {
    for (const table of tables) {
      await client.send(new CreateTableCommand(table)).catch((error: unknown) => {
        if (!(error instanceof ResourceInUseException)) throw error;
      });
    }
  } finally {
    client.destroy();
  }
}
