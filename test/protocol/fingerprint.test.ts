/** The fingerprint: another request has another one, and no bytes can wander from one part into the next. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FingerprintInput, fingerprint } from "../../protocol/fingerprint.ts";
import { anyText } from "../builders/arbitrary.ts";

const request: FingerprintInput = {
  method: "POST",
  path: "/v1/esim/activate",
  query: "chain=base",
  body: new TextEncoder().encode('{"plan":"eu-1gb"}'),
  headers: [["x-agent-id", "agent-7"]],
};

const short = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", '"', ",", "[", "]", "\\", "\n"), maxLength: 4 }),
  anyText,
);
const anyRequest: fc.Arbitrary<FingerprintInput> = fc.record({
  method: short,
  path: short,
  query: short,
  body: fc.uint8Array({ maxLength: 4 }),
  headers: fc.array(fc.tuple(short, short), { maxLength: 2 }),
});

/** Equal exactly when two requests are the same in every part. */
function identity({ body, ...text }: FingerprintInput): unknown {
  return { ...text, body: [...body] };
}

describe("a fingerprint", () => {
  test("is 32 bytes, and the same each time", () => {
    expect(fingerprint(request)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(fingerprint({ ...request })).toBe(fingerprint(request));
  });

  test.each<[string, Partial<FingerprintInput>]>([
    ["method", { method: "GET" }],
    ["path", { path: "/v1/esim/activatf" }],
    ["query", { query: "" }],
    ["body", { body: new TextEncoder().encode('{"plan":"eu-2gb"}') }],
    ["body's emptiness", { body: new Uint8Array() }],
    ["header's value", { headers: [["x-agent-id", "agent-8"]] }],
    ["header's name", { headers: [["x-agent", "agent-7"]] }],
    ["headers' number", { headers: [] }],
  ])("changes with the %s", (_, change) => {
    expect(fingerprint({ ...request, ...change })).not.toBe(fingerprint(request));
  });

  test("is shared by no two different requests", () => {
    fc.assert(
      fc.property(anyRequest, anyRequest, (a, b) => {
        fc.pre(JSON.stringify(identity(a)) !== JSON.stringify(identity(b)));
        expect(fingerprint(a)).not.toBe(fingerprint(b));
      }),
      { numRuns: 500 },
    );
  });

  test("changes when text moves from the end of one part to the start of the next", () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab/&="\\,[]'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(text, text, fc.nat(), (left, right, at) => {
        const joined = left + right;
        const cut = at % (joined.length + 1);
        fc.pre(cut !== left.length);
        const [first, second] = [joined.slice(0, cut), joined.slice(cut)];
        const pairs: [Partial<FingerprintInput>, Partial<FingerprintInput>][] = [
          [
            { method: left, path: right },
            { method: first, path: second },
          ],
          [
            { path: left, query: right },
            { path: first, query: second },
          ],
          [{ headers: [[left, right]] }, { headers: [[first, second]] }],
          [
            {
              headers: [
                ["a", left],
                ["b", right],
              ],
            },
            {
              headers: [
                ["a", first],
                ["b", second],
              ],
            },
          ],
        ];
        for (const [a, b] of pairs) {
          expect(fingerprint({ ...request, ...a })).not.toBe(fingerprint({ ...request, ...b }));
        }
      }),
    );
  });
});
