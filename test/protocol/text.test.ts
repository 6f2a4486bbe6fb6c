/** Hostile text: base64 with one spelling, UTF-8 as it is, JSON in which no key can mean two things. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeBase64,
  decodeBase64Url,
  decodeUtf8,
  encodeBase64,
  parseJson,
  parseJsonBytes,
} from "../../protocol/text.ts";
import { anyText, withOneCharacterChanged } from "../builders/arbitrary.ts";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL = BASE64.replace("+/", "-_");
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 60 });
const anyBase64 = someBytes.map((bytes) => Buffer.from(bytes).toString("base64"));
const anyBase64Url = someBytes.map((bytes) => Buffer.from(bytes).toString("base64url"));

describe("base64", () => {
  test("is decoded to the bytes that were encoded", () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(Buffer.from(decodeBase64(buffer.toString("base64")) ?? [])).toEqual(buffer);
        expect(Buffer.from(decodeBase64Url(buffer.toString("base64url")) ?? [])).toEqual(buffer);
      }),
    );
  });

  test("has one spelling: what is accepted is what would be written", () => {
    const nearly = (alphabet: string) =>
      fc.string({ unit: fc.constantFrom(...alphabet, "=", "\n", " ", "%"), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(nearly(`${BASE64}-_`), anyText), (text) => {
        const bytes = decodeBase64(text);
        if (bytes !== undefined) expect(Buffer.from(bytes).toString("base64")).toBe(text);
        const urlBytes = decodeBase64Url(text);
        if (urlBytes !== undefined) expect(Buffer.from(urlBytes).toString("base64url")).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test("one changed character is refused or means other bytes", () => {
    fc.assert(
      fc.property(withOneCharacterChanged(anyBase64, `${BASE64}=`), ([original, changed]) => {
        expect(decodeBase64(changed)).not.toEqual(decodeBase64(original));
      }),
    );
    fc.assert(
      fc.property(withOneCharacterChanged(anyBase64Url, BASE64URL), ([original, changed]) => {
        expect(decodeBase64Url(changed)).not.toEqual(decodeBase64Url(original));
      }),
    );
  });

  test("the bits that padding leaves over must be zero", () => {
    for (const last of BASE64) {
      expect(decodeBase64(`A${last}==`) === undefined).toBe(!"AQgw".includes(last));
      expect(decodeBase64(`AA${last}=`) === undefined).toBe(!"AEIMQUYcgkosw048".includes(last));
      expect(decodeBase64Url(`A${last}`) === undefined).toBe(!"AQgw".includes(last));
    }
  });

  test.each([
    "",
    "=",
    "====",
    "A",
    "AA",
    "AAA",
    "AA=",
    "A===",
    "AA==AA==",
    "AAAA\n",
    " AAAA",
    "AA-_",
    "AAA=\u0000",
  ])("%j is not standard base64", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  test.each(["", "A", "AA==", "AA+/", "AAAA\n"])("%j is not base64url without padding", (text) => {
    expect(decodeBase64Url(text)).toBeUndefined();
  });

  test("carries text of any language", () => {
    expect(decodeUtf8(decodeBase64(encodeBase64("Straße, 日本, 🛰")) ?? new Uint8Array())).toBe(
      "Straße, 日本, 🛰",
    );
  });
});

describe("UTF-8", () => {
  test.each([
    ["an overlong slash", [0xc0, 0xaf]],
    ["an overlong slash in three bytes", [0xe0, 0x80, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a lone continuation byte", [0x80]],
    ["a cut-off sequence", [0xe2, 0x82]],
    ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["a byte that never occurs", [0xff]],
  ])("%s is refused, not repaired", (_, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
    expect(parseJsonBytes(Uint8Array.from([0x22, ...bytes, 0x22]))).toBeUndefined();
  });

  test("a byte order mark is no part of JSON", () => {
    expect(parseJsonBytes(Uint8Array.from([0xef, 0xbb, 0xbf, 0x31]))).toBeUndefined();
  });
});

describe("JSON", () => {
  test("whatever JSON.stringify writes is accepted and means the same", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), fc.constantFrom(0, 2), (json, indent) => {
        const value: unknown = JSON.parse(json);
        expect(parseJson(JSON.stringify(value, null, indent))?.value).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test("strings full of JSON's own signs never confuse the search for keys", () => {
    const sign = fc.constantFrom(
      '"',
      "\\",
      "{",
      "}",
      ":",
      ",",
      "[",
      "]",
      " ",
      "a",
      "\n",
      "\u2028",
      "\\u0061",
    );
    const confusing = fc.string({ unit: sign, maxLength: 12 });
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        confusing,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(confusing, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const json = JSON.stringify(value);
        expect(parseJson(json)?.value).toEqual(JSON.parse(json));
      }),
      { numRuns: 500 },
    );
  });

  test("a repeated key is refused at every depth, however it is spelled", () => {
    const key = fc.string({ unit: "binary", minLength: 1, maxLength: 6 });
    const wrap = fc.array(fc.constantFrom("array", "object", "sibling"), { maxLength: 6 });
    const escaped = (text: string) =>
      `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
    fc.assert(
      fc.property(key, wrap, fc.boolean(), fc.boolean(), (name, around, first, second) => {
        const spell = (byCode: boolean) => (byCode ? escaped(name) : JSON.stringify(name));
        const twice = `{${spell(first)}:{"x":"}"}, ${spell(second)} : 2}`;
        const json = around.reduce((inner, kind) => {
          if (kind === "array") return `[{"a":1},${inner}]`;
          return kind === "object" ? `{"a":${inner}}` : `{"a":{"b":[]},"b":${inner}}`;
        }, twice);
        expect(() => JSON.parse(json)).not.toThrow();
        expect(parseJson(json)).toBeUndefined();
      }),
    );
  });

  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0041":1,"A":2}',
    '{"/":1,"\\/":2}',
    '{"\\n":1,"\\u000a":2}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '[{"a":{"b":1,"c":{},"b":2}}]',
    '{"a":[{"a":1}],"a"\n:\t2}',
  ])("%s repeats a key", (json) => {
    expect(parseJson(json)).toBeUndefined();
  });

  test.each([
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":"a"}',
    '{"a":1,"A":2}',
    '{"a":["a","a"],"b":"\\"a\\":"}',
    '{"é":1,"e\u0301":2}',
    '{"constructor":1,"__proto__":2}',
  ])("%s repeats none", (json) => {
    expect(parseJson(json)?.value).toEqual(JSON.parse(json));
  });

  test.each([
    "",
    " ",
    "{",
    "{'a':1}",
    '{"a":1,}',
    "01",
    "NaN",
    "undefined",
    '"\n"',
    "1 2",
    "// x\n1",
  ])("%j is not JSON", (text) => {
    expect(parseJson(text)).toBeUndefined();
  });

  test("no text makes the parser throw, however long or deep", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(() => parseJson(text)).not.toThrow();
      }),
    );
    for (const text of ["[".repeat(200_000), '{"a":'.repeat(100_000), `"${"\\".repeat(200_001)}"`]) {
      expect(parseJson(text)).toBeUndefined();
    }
  });

  test("a string as long as a whole facilitator answer is read", () => {
    const long = JSON.stringify({ a: "x".repeat(64 * 1_024), b: '\\"'.repeat(8_192) });
    expect(parseJson(long)?.value).toEqual(JSON.parse(long));
  });
});
