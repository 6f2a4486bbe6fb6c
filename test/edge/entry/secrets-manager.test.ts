/** Reading a secret: a few tries, one deadline, and faults that say what is wrong without quoting AWS. */

import { describe, expect, test } from "vitest";
import { createPost } from "../../../edge/adapters/http-post.ts";
import {
  createSecretReader,
  type SecretFault,
  SecretUnavailableError,
} from "../../../edge/adapters/secrets-manager.ts";
import {
  answers,
  closes,
  dribbles,
  type Reaction,
  resets,
  startScripted,
  staysSilent,
} from "../scripted-server.ts";

/** Milliseconds that no test here comes near, unless it is about the deadline. */
const AMPLE = 10_000;

/** How late a timer may be on a machine that others use as well. Milliseconds. */
const LATENESS = 250;

const TEXT = '{"keys":[]}';
const success = answers(JSON.stringify({ ARN: "arn", SecretString: TEXT }));
const refusal = (type: string, status = "400 Bad Request") =>
  answers(JSON.stringify({ __type: type, Message: "arn:aws:iam::123456789012:role/someone" }), status);
const broken = answers("oops", "500 Internal Server Error");

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "key", sessionToken: "token" };

interface Reading {
  readonly outcome: string | SecretFault;
  readonly requests: readonly string[];
  readonly waits: readonly number[];
  readonly ms: number;
}

async function read(
  reactions: readonly [Reaction, ...Reaction[]],
  { withinMs = AMPLE, own = credentials }: { withinMs?: number; own?: typeof credentials | null } = {},
): Promise<Reading> {
  const server = await startScripted(...reactions);
  const waits: number[] = [];
  const reader = createSecretReader({
    secretId: "edge402/edge",
    region: "us-east-1",
    endpoint: server.url,
    credentials: () => own ?? undefined,
    post: createPost(),
    now: () => Date.now(),
    sleep: async (ms) => void waits.push(ms),
  });
  const started = Date.now();
  const outcome = await reader(started + withinMs).catch((error: unknown) => {
    if (!(error instanceof SecretUnavailableError)) throw error;
    expect(error.message).not.toContain("someone");
    return error.fault;
  });
  return { outcome, requests: server.requests, waits, ms: Date.now() - started };
}

test("a secret is asked for by its name in one signed request, and its text is what comes back", async () => {
  const { outcome, requests } = await read([success]);
  expect(outcome).toBe(TEXT);
  expect(requests).toHaveLength(1);
  const [head = "", body = ""] = requests[0]?.split("\r\n\r\n") ?? [];
  expect(JSON.parse(body)).toEqual({ SecretId: "edge402/edge" });
  expect(head).toMatch(/^POST \/ HTTP\/1\.1\r\n/);
  expect(head).toMatch(/^x-amz-target: secretsmanager\.GetSecretValue$/im);
  expect(head).toMatch(/^authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//im);
  expect(head).not.toContain(credentials.secretAccessKey);
});

describe("a fault that may pass", () => {
  test.each([
    ["a 500", broken],
    ["a 503 that claims to be a refusal", refusal("AccessDeniedException", "503 Service Unavailable")],
    ["throttling", refusal("ThrottlingException")],
    ["throttling by status", answers("slow down", "429 Too Many Requests")],
    ["a connection that is reset", resets],
    ["a connection that is closed", closes],
  ])("is tried again: %s", async (_, fault) => {
    const { outcome, requests, waits } = await read([fault, fault, success]);
    expect(outcome).toBe(TEXT);
    expect(requests).toHaveLength(3);
    expect(waits).toEqual([50, 100]);
  });

  test.each([
    ["a 500", broken, "unavailable"],
    ["throttling", refusal("ThrottlingException"), "throttled"],
    ["a reset", resets, "unavailable"],
  ] as const)("is given up on after the third try: %s", async (_, fault, expected) => {
    const { outcome, requests } = await read([fault]);
    expect(outcome).toBe(expected);
    expect(requests).toHaveLength(3);
  });
});

describe("a fault that will not pass", () => {
  test.each([
    ["the role may not read it", refusal("AccessDeniedException"), "access_denied"],
    ["the type has its namespace", refusal("com.amazonaws#AccessDeniedException"), "access_denied"],
    ["the role may not decrypt it", refusal("DecryptionFailure"), "access_denied"],
    ["there is none", refusal("ResourceNotFoundException"), "not_found"],
    ["the credentials are old", refusal("ExpiredTokenException"), "refused"],
    ["the type is a word of JavaScript", refusal("constructor"), "refused"],
    ["the refusal is no JSON", answers("<html>", "403 Forbidden"), "refused"],
    ["the answer is no JSON", answers("<html>"), "malformed"],
    ["the answer names SecretString twice", answers('{"SecretString":"a","SecretString":"b"}'), "malformed"],
    ["the secret is binary", answers('{"SecretBinary":"AAAA"}'), "malformed"],
    ["the secret is no text", answers('{"SecretString":{}}'), "malformed"],
    ["it is elsewhere", answers("", "302 Found", ["Location: http://127.0.0.1:9/"]), "unavailable"],
  ] as const)("is told by its kind: %s", async (_, reaction, expected) => {
    const { outcome, requests } = await read([reaction]);
    expect(outcome).toBe(expected);
    expect(requests).toHaveLength(expected === "unavailable" ? 3 : 1);
  });

  test("is an environment without credentials, which sends nothing", async () => {
    const { outcome, requests } = await read([success], { own: null });
    expect([outcome, requests]).toEqual(["no_credentials", []]);
  });
});

describe("the deadline", () => {
  test.each([
    ["stays silent", staysSilent],
    ["dribbles", dribbles("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 20)],
  ])("holds where the server %s", async (_, reaction) => {
    const withinMs = 200;
    const { outcome, ms } = await read([reaction], { withinMs });
    expect(outcome).toBe("late");
    expect(ms).toBeLessThan(withinMs + LATENESS);
  });

  test("leaves room for another try after one that was too slow", async () => {
    const { outcome, requests, ms } = await read([staysSilent, success], { withinMs: 4_000 });
    expect([outcome, requests.length]).toEqual([TEXT, 2]);
    expect(ms).toBeLessThan(1_500 + LATENESS);
  });

  test("that has passed already sends nothing", async () => {
    const { outcome, requests } = await read([success], { withinMs: -1 });
    expect([outcome, requests]).toEqual(["late", []]);
  });
});
