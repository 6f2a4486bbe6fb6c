/** The archive, and the SDK's own client, against the local S3. */

import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { append } from "../../../origin/archive/append.ts";
import { createFolderReader } from "../../../origin/archive/folder.ts";
import { createS3Objects } from "../../../origin/archive/s3.ts";
import { createArchive } from "../../../origin/archive/store.ts";
import { verifyArchive } from "../../../origin/archive/verify.ts";
import { startS3 } from "../../../scripts/local/aws/s3.ts";
import { AT, stages } from "../../origin/archive/support.ts";
import { client, clientOptions, opened, REGION } from "./support.ts";

const BUCKET = "edge402-ledger";
const HOUR_MS = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR_MS);

async function started() {
  const folder = await mkdtemp(join(tmpdir(), "s3-"));
  opened({ close: () => rm(folder, { recursive: true }) });
  const s3 = opened(await startS3({ region: REGION, bucket: BUCKET, folder }));
  return { folder, client: client(new S3Client(clientOptions(s3.url))) };
}

const BYTES = Buffer.from("<batch & more>");

function put(change: Partial<PutObjectCommandInput> = {}): PutObjectCommand {
  return new PutObjectCommand({
    Bucket: BUCKET,
    Key: "batches/one.ndjson",
    Body: BYTES,
    IfNoneMatch: "*",
    ChecksumSHA256: createHash("sha256").update(BYTES).digest("base64"),
    ObjectLockMode: "COMPLIANCE",
    ObjectLockRetainUntilDate: inAnHour(),
    ...change,
  });
}

test("the archive appends to the bucket, and the folder behind it proves the same chain", async () => {
  const { client, folder } = await started();
  const archive = createArchive(createS3Objects(client, { bucket: BUCKET, retainUntil: inAnHour }));
  for (const records of stages) await append(archive, await archive.head(), records, AT);
  expect((await archive.head())?.sequence).toBe(stages.length);
  const { findings } = await verifyArchive(createFolderReader(folder));
  expect(findings).toEqual([]);
});

describe("an object", () => {
  test("comes back whole, in part, and as its length", async () => {
    const { client } = await started();
    await client.send(put());
    const input = { Bucket: BUCKET, Key: "batches/one.ndjson" };
    const whole = await client.send(new GetObjectCommand(input));
    const part = await client.send(new GetObjectCommand({ ...input, Range: "bytes=0-6" }));
    const head = await client.send(new HeadObjectCommand(input));
    expect(await whole.Body?.transformToString()).toBe("<batch & more>");
    expect(await part.Body?.transformToString()).toBe("<batch ");
    expect([part.ContentRange, head.ContentLength]).toEqual([
      `bytes 0-6/${BYTES.byteLength}`,
      BYTES.byteLength,
    ]);
  });

  test("that is missing is 404, also to HEAD, and a range past its end is 416", async () => {
    const { client } = await started();
    await client.send(put());
    const missing = { Bucket: BUCKET, Key: "batches/two.ndjson" };
    const beyond = { Bucket: BUCKET, Key: "batches/one.ndjson", Range: "bytes=999-1000" };
    const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });
    await expect(client.send(new GetObjectCommand(missing))).rejects.toMatchObject({
      name: "NoSuchKey",
      ...status(404),
    });
    await expect(client.send(new HeadObjectCommand(missing))).rejects.toMatchObject(status(404));
    await expect(client.send(new GetObjectCommand(beyond))).rejects.toMatchObject(status(416));
  });

  test("is written once, whoever writes at the same time", async () => {
    const { client } = await started();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => client.send(put())));
    const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refusals.map(({ reason }) => reason.name)).toEqual(Array(4).fill("PreconditionFailed"));
  });
});

test("a listing has a page's keys in order, and a token for the rest", async () => {
  const { client } = await started();
  for (const name of ["c", "a", "b"]) await client.send(put({ Key: `chain/${name}` }));
  await client.send(put());
  const input = { Bucket: BUCKET, Prefix: "chain/", MaxKeys: 2 };
  const first = await client.send(new ListObjectsV2Command(input));
  const ContinuationToken = first.NextContinuationToken ?? "";
  const second = await client.send(new ListObjectsV2Command({ ...input, ContinuationToken }));
  expect([first, second].map(({ Contents }) => Contents?.map(({ Key }) => Key))).toEqual([
    ["chain/a", "chain/b"],
    ["chain/c"],
  ]);
  expect([first, second].map(({ IsTruncated }) => IsTruncated)).toEqual([true, false]);
});

describe("a write is refused", () => {
  test.each<[string, Partial<PutObjectCommandInput>, string]>([
    ["without If-None-Match, as the bucket's policy has it", { IfNoneMatch: undefined }, "AccessDenied"],
    ["with another body's checksum", { Body: "other" }, "BadDigest"],
    ["without Object Lock", { ObjectLockMode: undefined }, "InvalidArgument"],
    ["locked until yesterday", { ObjectLockRetainUntilDate: new Date(0) }, "InvalidArgument"],
    ["outside a folder", { Key: "one.ndjson" }, "NotImplemented"],
    ["two folders deep", { Key: "batches/more/one" }, "NotImplemented"],
    ["to another bucket", { Bucket: "another" }, "NoSuchBucket"],
  ])("%s", async (_, change, code) => {
    const { client } = await started();
    await expect(client.send(put(change))).rejects.toMatchObject({ name: code });
  });
});
