/** The parser against chance, and against Node.js's own: what it takes for an answer, that one reads in the same way. */

import { get } from "node:http";
import { createServer, type Server } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesOf, cut, GOOD, parsed } from "./parsed.ts";

const good = fc.constantFrom(...GOOD.map(([, bytes]) => bytesOf(bytes)));
const places = fc.array(fc.nat(1_000), { maxLength: 40 });

test("an answer is the same in whatever pieces it comes", () => {
  fc.assert(
    fc.property(good, places, (bytes, where) => {
      expect(parsed(cut(bytes, where))).toEqual(parsed([bytes]));
    }),
    { numRuns: 2_000 },
  );
});

test("an answer is the same byte by byte", () => {
  for (const [, text] of GOOD) {
    const bytes = bytesOf(text);
    expect(parsed(cut(bytes, [...bytes.keys()]))).toEqual(parsed([bytes]));
  }
});

/** Pieces of what answers are made of, in no order, so that most of the parser is reached. */
const fragment = fc.oneof(
  fc.constantFrom(
    ...[
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 100 C\r\n\r\n",
      "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n",
    ],
    ...["\r\n", "\r", "\n", "\r\n\r\n", "0\r\n", "3\r\n", "abc", "X: y\r\n", " ", ":", ";a=b\r\n", "\0"],
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);
const nonsense = fc.array(fragment, { maxLength: 20 }).map((parts) => bytesOf(parts.join("")));

test("no bytes make it throw, nor do pieces matter to a fault", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
        nonsense,
      ),
      places,
      (bytes, where) => {
        const { result, isReusable } = parsed(cut(bytes, where), 5);
        expect(result).toEqual(parsed([bytes], 5).result);
        expect(result.kind === "fault" && isReusable).toBe(false);
      },
    ),
    { numRuns: 3_000 },
  );
});

interface Change {
  readonly kind: "insert" | "replace" | "remove" | "repeat_line";
  readonly place: number;
  readonly byte: number;
}

/** Those that mean something in an answer, and any other. */
const byte = fc.oneof(
  fc.constantFrom(...bytesOf("\r\n :;,\t\0\x7f\x80\xff019aAfFxX-+\"'/.{}")),
  fc.integer({ min: 0, max: 255 }),
);
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom<Change["kind"]>("insert", "replace", "remove", "repeat_line"),
  place: fc.nat(1_000),
  byte,
});

function changed(bytes: Buffer, { kind, place, byte }: Change): Buffer {
  const at = place % Math.max(1, bytes.length);
  const text = bytes.toString("latin1");
  const [before, after] = [text.slice(0, at), text.slice(at)];
  if (kind === "insert") return bytesOf(before + String.fromCharCode(byte) + after);
  if (kind === "replace") return bytesOf(before + String.fromCharCode(byte) + after.slice(1));
  if (kind === "remove") return bytesOf(before + after.slice(1));
  const lines = text.split("\r\n");
  const line = place % lines.length;
  return bytesOf([...lines.slice(0, line + 1), ...lines.slice(line)].join("\r\n"));
}

let server: Server;
/** What the server says next, before it ends the connection. */
let served: Buffer;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(served));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.close();
});

/** What node:http reads; undefined for a fault. */
function readByNode(bytes: Buffer): Promise<{ status: number; body: string } | undefined> {
  served = bytes;
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return new Promise((resolve) => {
    let answer: { status: number; body: string } | undefined;
    const request = get({ host: "127.0.0.1", port, agent: false, insecureHTTPParser: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", () => {});
      response.on("end", () => {
        const body = Buffer.concat(pieces).toString("utf8");
        if (response.complete) answer = { status: response.statusCode ?? 0, body };
      });
    });
    request.on("error", () => {});
    request.on("close", () => setImmediate(() => resolve(answer)));
  });
}

test("node:http reads each good answer in the same way", async () => {
  for (const [, bytes, body] of GOOD) {
    expect(await readByNode(bytesOf(bytes))).toEqual({ status: 200, body });
  }
});

test("what is read from a spoilt answer, node:http reads as well", async () => {
  let taken = 0;
  let refused = 0;
  const spoilt = fc
    .tuple(good, fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([bytes, changes]) => changes.reduce(changed, bytes));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 9, arbitrary: spoilt }, { weight: 1, arbitrary: nonsense }),
      async (bytes) => {
        const { result } = parsed([bytes]);
        if (result.kind === "fault") {
          refused++;
          return;
        }
        taken++;
        expect(await readByNode(bytes)).toEqual({ status: result.status, body: result.body });
      },
    ),
    { numRuns: 2_000 },
  );
  // Were all of one kind, it would prove nothing.
  expect(Math.min(taken, refused)).toBeGreaterThan(200);
});
