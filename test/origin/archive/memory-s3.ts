/** A bucket in memory behind the SDK's client: conditional writes, ranges, pages, checksums, and faults on demand. */

import { createHash } from "node:crypto";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { onTestFinished } from "vitest";

export const BUCKET = "archive";

export interface PutFault {
  /**
   * - `unavailable`: S3 answers 503, and nothing is written.
   * - `answer_lost`: it is written, and the client's deadline passes.
   * - `conflict`: S3 answers 409, as it may to writes at the same moment.
   */
  readonly kind: "unavailable" | "answer_lost" | "conflict";
  /** Of the names that it strikes. */
  readonly prefix: string;
}

export interface MemoryS3 {
  readonly client: S3Client;
  readonly files: Map<string, Uint8Array>;
  readonly puts: PutObjectCommandInput[];
  /** Each strikes the next write that it can. */
  readonly putFaults: PutFault[];
  /** Whether reads are answered. */
  reachable: boolean;
}

function failure(name: string, status: number): S3ServiceException {
  return new S3ServiceException({ name, $fault: "client", $metadata: { httpStatusCode: status } });
}

export interface MemoryS3Options {
  /** Names in one answer to a listing. */
  readonly pageSize?: number;
  /** Until the test's end every client of this process finds this bucket, also those that programs make for themselves. */
  readonly everyClient?: boolean;
}

export function memoryS3({ pageSize = 1_000, everyClient = false }: MemoryS3Options = {}): MemoryS3 {
  const client = new S3Client({ region: "eu-central-1" });
  const s3: MemoryS3 = { client, files: new Map(), puts: [], putFaults: [], reachable: true };
  const mock = everyClient ? mockClient(S3Client) : mockClient(client);
  if (everyClient) onTestFinished(() => mock.restore());

  mock.on(PutObjectCommand).callsFake((input: PutObjectCommandInput) => {
    s3.puts.push(input);
    const index = s3.putFaults.findIndex(({ prefix }) => input.Key?.startsWith(prefix) === true);
    const fault = index === -1 ? undefined : s3.putFaults.splice(index, 1)[0]?.kind;
    if (fault === "unavailable") throw failure("SlowDown", 503);
    if (fault === "conflict") throw failure("ConditionalRequestConflict", 409);
    const { Key: name = "", Body: body, IfNoneMatch: condition, ChecksumSHA256: checksum } = input;
    if (!(body instanceof Uint8Array)) throw failure("IncompleteBody", 400);
    if (checksum !== createHash("sha256").update(body).digest("base64")) throw failure("BadDigest", 400);
    if (condition === "*" && s3.files.has(name)) throw failure("PreconditionFailed", 412);
    s3.files.set(name, Uint8Array.from(body));
    if (fault === "answer_lost") throw Object.assign(new Error("no answer"), { name: "TimeoutError" });
    return {};
  });

  mock.on(GetObjectCommand).callsFake(({ Key: name = "", Range: range = "" }) => {
    if (!s3.reachable) throw failure("ServiceUnavailable", 503);
    const bytes = s3.files.get(name);
    if (bytes === undefined) throw failure("NoSuchKey", 404);
    if (bytes.length === 0) throw failure("InvalidRange", 416);
    const last = Number(/^bytes=0-([0-9]+)$/.exec(range)?.[1]);
    return { Body: { transformToByteArray: async () => bytes.slice(0, last + 1) } };
  });

  mock.on(ListObjectsV2Command).callsFake(({ Prefix: prefix = "", ContinuationToken: token = "" }) => {
    if (!s3.reachable) throw failure("ServiceUnavailable", 503);
    const names = [...s3.files.keys()].filter((name) => name.startsWith(prefix) && name > token).sort();
    const page = names.slice(0, pageSize);
    return {
      Contents: page.map((Key) => ({ Key })),
      ...(names.length > pageSize ? { NextContinuationToken: page.at(-1) } : {}),
    };
  });
  return s3;
}
