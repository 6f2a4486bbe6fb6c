/**
 * Write-once objects in an S3 bucket with Object Lock.
 *
 * `IfNoneMatch` makes S3 refuse a second write of a name; a lock in compliance mode keeps everybody, the account's
 * root included, from deleting or shortening what was written. The bucket's policy should refuse writes that come
 * without `IfNoneMatch`: in a bucket with versions they would put another version in front of the locked one.
 */

import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { ArchiveUnavailableError, type ObjectReader, type WriteOnceObjects } from "./port.ts";

export interface S3ObjectsOptions {
  readonly bucket: string;
  /** Until when an object that is written now is locked. */
  readonly retainUntil: () => Date;
}

const NOT_FOUND = 404;
const PRECONDITION_FAILED = 412;
/** What an empty object answers to a request for its first bytes. */
const RANGE_NOT_SATISFIABLE = 416;

export function createS3Reader(client: S3Client, bucket: string): ObjectReader {
  return {
    async *list(prefix) {
      let token: string | undefined;
      do {
        const page: ListObjectsV2CommandOutput = await guarded(
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              ...(token === undefined ? {} : { ContinuationToken: token }),
            }),
          ),
        );
        for (const { Key: name } of page.Contents ?? []) if (name !== undefined) yield name;
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },

    async read(name, maxBytes) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: name, Range: `bytes=0-${maxBytes}` });
      try {
        return await bodyOf(await client.send(command));
      } catch (error) {
        const status = statusOf(error);
        if (status === NOT_FOUND) return undefined;
        if (status === RANGE_NOT_SATISFIABLE) return new Uint8Array();
        throw unavailable(error);
      }
    },
  };
}

export function createS3Objects(
  client: S3Client,
  { bucket, retainUntil }: S3ObjectsOptions,
): WriteOnceObjects {
  return {
    ...createS3Reader(client, bucket),
    async create(name, bytes) {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: name,
            Body: bytes,
            IfNoneMatch: "*",
            ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
            ObjectLockMode: "COMPLIANCE",
            ObjectLockRetainUntilDate: retainUntil(),
          }),
        );
        return "written";
      } catch (error) {
        if (statusOf(error) === PRECONDITION_FAILED) return "exists";
        throw unavailable(error);
      }
    },
  };
}

async function bodyOf({ Body: body }: GetObjectCommandOutput): Promise<Uint8Array> {
  return body === undefined ? new Uint8Array() : body.transformToByteArray();
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

async function guarded<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw unavailable(error);
  }
}

/** Only the fault's name goes on: messages of the SDK may quote what was sent. */
function unavailable(error: unknown): ArchiveUnavailableError {
  return new ArchiveUnavailableError(error instanceof Error ? error.name : "unknown fault");
}
