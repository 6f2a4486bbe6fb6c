/**
 * Amazon S3 on loopback with one bucket, the ledger's: write-once objects in a folder, laid out so that the ledger's
 * own reader can open it. Path-style addresses; keys are a folder and a file.
 */

import { createHash } from "node:crypto";
import { createFolderObjects } from "../../../origin/archive/folder.ts";
import type { WriteOnceObjects } from "../../../origin/archive/port.ts";
import { AwsFault } from "./fault.ts";
import { errorXml, listXml } from "./s3-xml.ts";
import { type ServiceAnswer, startService } from "./service.ts";
import type { SignedRequest } from "./signature.ts";

export interface S3Options {
  readonly region: string;
  readonly bucket: string;
  readonly folder: string;
}

export interface S3 {
  readonly url: string;
  close(): Promise<void>;
}

/** S3 API Reference, "ListObjectsV2". */
const MAX_KEYS = 1_000;
const WHOLE_OBJECT = Number.MAX_SAFE_INTEGER - 1;

const KEY = /^[a-z0-9]+\/[a-z0-9][\w.-]*$/;
const PREFIX = /^[a-z0-9]+\/$/;

/** Objects of other origin than {@link createFolderObjects} in `folder` are served as they are. @throws PortTakenError */
export async function startS3({ region, bucket, folder }: S3Options): Promise<S3> {
  const objects = await createFolderObjects(folder);
  const { url, close } = await startService({
    what: "S3",
    region,
    service: "s3",
    answer: (request) => answer(request, bucket, objects),
    refuse: ({ code, message, status }) => xml(status, errorXml(code, message)),
  });
  return { url, close };
}

async function answer(
  request: SignedRequest,
  bucket: string,
  objects: WriteOnceObjects,
): Promise<ServiceAnswer> {
  const url = new URL(request.target, "http://s3");
  const [asked = "", ...rest] = url.pathname.slice(1).split("/").map(decodeURIComponent);
  if (asked !== bucket) throw new AwsFault("NoSuchBucket", "The specified bucket does not exist", 404);
  const key = rest.join("/");
  if (key === "") return list(request.method, url.searchParams, bucket, objects);
  if (!KEY.test(key)) throw notPlayed(`the key "${key}"`);
  switch (request.method) {
    case "PUT":
      return put(request, key, objects);
    case "GET":
    case "HEAD":
      return get(request, key, objects);
    default:
      throw new AwsFault("MethodNotAllowed", "The specified method is not allowed.", 405);
  }
}

async function list(
  method: string,
  query: URLSearchParams,
  bucket: string,
  objects: WriteOnceObjects,
): Promise<ServiceAnswer> {
  const prefix = query.get("prefix") ?? "";
  if (method !== "GET" || query.get("list-type") !== "2" || !PREFIX.test(prefix)) {
    throw notPlayed("listing other than by ListObjectsV2 with a folder's prefix");
  }
  const after = Buffer.from(query.get("continuation-token") ?? "", "base64url").toString();
  const keys: string[] = [];
  for await (const key of objects.list(prefix)) if (key > after) keys.push(key);
  const page = keys.slice(0, Math.min(Number(query.get("max-keys") ?? MAX_KEYS), MAX_KEYS));
  const last = page.at(-1);
  const nextToken =
    page.length < keys.length && last !== undefined ? Buffer.from(last).toString("base64url") : undefined;
  return xml(200, listXml({ bucket, prefix, keys: page, nextToken }));
}

async function put(
  { headers, body }: SignedRequest,
  key: string,
  objects: WriteOnceObjects,
): Promise<ServiceAnswer> {
  if (headers["content-encoding"] === "aws-chunked") throw notPlayed("uploads in signed chunks");
  if (headers["if-none-match"] !== "*") {
    // As the ledger bucket's policy has it.
    throw new AwsFault("AccessDenied", "User is not authorized to perform: s3:PutObject", 403);
  }
  checkDigest(headers["x-amz-checksum-sha256"], body);
  checkLock(headers);
  const outcome = await objects.create(key, body);
  if (outcome === "exists") {
    const message = "At least one of the pre-conditions you specified did not hold";
    throw new AwsFault("PreconditionFailed", message, 412);
  }
  return { status: 200, headers: { etag: etagOf(body) }, body: "" };
}

function checkDigest(claimed: string | readonly string[] | undefined, body: Uint8Array): void {
  // S3 asks it of every upload with a retention.
  if (claimed === undefined)
    throw new AwsFault("InvalidRequest", "An upload with Object Lock needs a checksum.");
  if (claimed !== createHash("sha256").update(body).digest("base64")) {
    throw new AwsFault("BadDigest", "The SHA256 you specified did not match the calculated checksum.");
  }
}

/** The folder's files are read-only; until when, only S3 would know. */
function checkLock(headers: SignedRequest["headers"]): void {
  const until = Date.parse(String(headers["x-amz-object-lock-retain-until-date"]));
  if (headers["x-amz-object-lock-mode"] !== "COMPLIANCE" || !(until > Date.now())) {
    throw new AwsFault(
      "InvalidArgument",
      "Object Lock needs its mode COMPLIANCE and a date that is to come.",
    );
  }
}

async function get(
  { headers, method }: SignedRequest,
  key: string,
  objects: WriteOnceObjects,
): Promise<ServiceAnswer> {
  const bytes = await objects.read(key, WHOLE_OBJECT);
  if (bytes === undefined) throw new AwsFault("NoSuchKey", "The specified key does not exist.", 404);
  const described = { etag: etagOf(bytes), "accept-ranges": "bytes" };
  const range = headers.range;
  if (range === undefined || method === "HEAD") {
    return { status: 200, headers: { ...described, "content-length": bytes.byteLength }, body: bytes };
  }
  const [, from = "", to = ""] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (from === "") throw notPlayed(`the range "${range}"`);
  if (Number(from) >= bytes.byteLength) {
    throw new AwsFault("InvalidRange", "The requested range is not satisfiable", 416);
  }
  const part = bytes.subarray(Number(from), Number(to) + 1);
  const contentRange = `bytes ${from}-${Number(from) + part.byteLength - 1}/${bytes.byteLength}`;
  return { status: 206, headers: { ...described, "content-range": contentRange }, body: part };
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function xml(status: number, body: string): ServiceAnswer {
  return { status, headers: { "content-type": "application/xml" }, body };
}

function notPlayed(what: string): AwsFault {
  return new AwsFault("NotImplemented", `This S3 does not play ${what}.`, 501);
}
