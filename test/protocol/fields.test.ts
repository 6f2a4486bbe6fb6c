/** Reading fields: what is there comes out typed, and what is wrong is named by its place and its rule. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  anyText,
  attempt,
  type Fields,
  fault,
  fieldsOf,
  flag,
  list,
  nullable,
  nullish,
  number,
  object,
  oneOf,
  only,
  optional,
  optionalText,
  type Reader,
  text,
  whole,
} from "../../protocol/fields.ts";
import {
  address,
  atomic,
  bytes32,
  caip2,
  deviceId,
  hex,
  matching,
  type TextRule,
  uint256,
  upTo,
} from "../../protocol/rules.ts";
import { anyJson } from "../builders/mutations.ts";
import type { Json } from "../builders/payment.ts";

const WORD = `0x${"AB".repeat(32)}`;

const small: Reader<string> = (at, key) => text(at, key, upTo(3));
const word: Reader<string> = (at, key) => text(at, key, bytes32);
const byte: Reader<number> = (at, key) => whole(at, key, 0, 255);
const side: Reader<string | number> = (at, key) => oneOf(at, key, ["left", "right", 1]);
const words: Reader<readonly string[]> = (at, key) => list(at, key, word, 1, 2);
const inner: Reader<string> = (at, key) => small(object(at, key), "b");
const maybe: Reader<unknown> = (at, key) => optional(at, key, byte);
const maybeText: Reader<unknown> = (at, key) => optionalText(at, key, upTo(3));
const orNull: Reader<unknown> = (at, key) => nullable(at, key, byte);
const orNone: Reader<unknown> = (at, key) => nullish(at, key, byte);

/** Of the field `a` in this JSON. */
function value(json: string, read: Reader<unknown>): unknown {
  return attempt(() => read(fieldsOf(JSON.parse(json)), "a"));
}

describe("reads", () => {
  test.each<[string, string, Reader<unknown>, unknown]>([
    ["text", '{"a":"abc"}', small, "abc"],
    ["an empty text", '{"a":""}', small, ""],
    ["any text", '{"a":"\\ud800"}', anyText, "\ud800"],
    ["what a rule makes of text", `{"a":"${WORD}"}`, word, WORD.toLowerCase()],
    ["nothing of atomic units", '{"a":"0"}', (at, key) => text(at, key, atomic), 0n],
    ["a whole number", '{"a":255}', byte, 255],
    ["a whole number with an exponent", '{"a":1e2}', byte, 100],
    ["a whole number with a fraction of nothing", '{"a":1.0}', byte, 1],
    ["zero from below", '{"a":-0}', byte, -0],
    ["a number", '{"a":1.5}', number, 1.5],
    ["true", '{"a":true}', flag, true],
    ["false", '{"a":false}', flag, false],
    ["one of several", '{"a":"right"}', side, "right"],
    ["a number of several", '{"a":1.0}', side, 1],
    ["a list", `{"a":["${WORD}"]}`, words, [WORD.toLowerCase()]],
    ["an empty list", '{"a":[]}', (at, key) => list(at, key, word), []],
    ["an object's field", '{"a":{"b":"x","c":1}}', inner, "x"],
    ["a list as an object without fields", '{"a":[]}', (at, key) => only(object(at, key), "none"), "none"],
    ["an optional field that is there", '{"a":1}', maybe, 1],
    ["an optional field that is not", "{}", maybe, undefined],
    ["an optional text that is there", '{"a":"x"}', maybeText, "x"],
    ["an optional text that is not", "[]", maybeText, undefined],
    ["a null where it may be", '{"a":null}', orNull, null],
    ["a value where null may be", '{"a":1}', orNull, 1],
    ["a null as nothing", '{"a":null}', orNone, undefined],
    ["what is not there as nothing", "{}", orNone, undefined],
    ["zero where nothing may be", '{"a":0}', orNone, 0],
  ])("%s", (_, json, read, expected) => {
    expect(value(json, read)).toEqual({ ok: true, value: expected });
  });

  test("own fields only, whatever they are called", () => {
    const proto = JSON.parse('{"__proto__":"own"}');
    expect(attempt(() => anyText(fieldsOf(proto), "__proto__"))).toEqual({ ok: true, value: "own" });
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(attempt(() => optional(fieldsOf({}), name, anyText))).toEqual({ ok: true, value: undefined });
    }
    expect(attempt(() => anyText(fieldsOf({ ["__proto__"]: 1 }), "b"))).toMatchObject({ ok: false });
    const inherited: unknown = Object.create({ a: "inherited" });
    expect(attempt(() => anyText(fieldsOf(inherited), "a"))).toMatchObject({ ok: false });
  });
});

describe("refuses", () => {
  test.each<[string, string, Reader<unknown>, string]>([
    ["text that is too long", '{"a":"abcd"}', small, "a: expected text of at most 3 characters"],
    ["two characters of two units each", '{"a":"😀😀"}', small, "a: expected text of at most 3 characters"],
    ["no text", '{"a":7}', anyText, "a: expected text"],
    ["a text that breaks a rule", '{"a":"0x"}', word, "a: expected 32 bytes of hex"],
    ["a list for a text", `{"a":["${WORD}"]}`, word, "a: expected 32 bytes of hex"],
    ["what is not there", "{}", word, "a: expected 32 bytes of hex"],
    ["null", '{"a":null}', word, "a: expected 32 bytes of hex"],
    ["a number in text", '{"a":"1"}', byte, "a: expected a whole number from 0 to 255"],
    ["a fraction", '{"a":1.5}', byte, "a: expected a whole number from 0 to 255"],
    ["a small fraction", '{"a":0.25}', byte, "a: expected a whole number from 0 to 255"],
    ["a number too large", '{"a":256}', byte, "a: expected a whole number from 0 to 255"],
    ["a number beyond all", '{"a":1e999}', byte, "a: expected a whole number from 0 to 255"],
    ["a number too small", '{"a":-1}', byte, "a: expected a whole number from 0 to 255"],
    ["true for a number", '{"a":true}', number, "a: expected a number"],
    ["a number for true", '{"a":1}', flag, "a: expected true or false"],
    ["none of several", '{"a":"up"}', side, "a: expected left or right or 1"],
    ["one of several in a list", '{"a":["left"]}', side, "a: expected left or right or 1"],
    ["an object for a list", '{"a":{"0":"x"}}', words, "a: expected a list"],
    ["a list that is too short", '{"a":[]}', words, "a: expected at least 1"],
    ["a list that is too long", '{"a":["","",""]}', words, "a: expected at most 2"],
    ["an item, by its position", `{"a":["${WORD}","x"]}`, words, "a.1: expected 32 bytes of hex"],
    ["text for an object", '{"a":"b"}', inner, "a: expected an object"],
    ["null for an object", '{"a":null}', inner, "a: expected an object"],
    ["an object's field, by its path", '{"a":{"b":7}}', inner, "a.b: expected text of at most 3 characters"],
    ["a null that is merely optional", '{"a":null}', maybe, "a: expected a whole number from 0 to 255"],
    ["an optional text of another kind", '{"a":[]}', maybeText, "a: expected text of at most 3 characters"],
    ["nothing where null may be", "{}", orNull, "a: expected a whole number from 0 to 255"],
    ["what may be null, but not this", '{"a":""}', orNone, "a: expected a whole number from 0 to 255"],
    ["text for the whole", '"a"', byte, "(root): expected an object"],
    ["null for the whole", "null", byte, "(root): expected an object"],
  ])("%s", (_, json, read, reason) => {
    expect(value(json, read)).toEqual({ ok: false, reason });
  });
});

describe("an object that is to hold nothing else", () => {
  const read = (json: string) =>
    attempt(() => {
      const at = fieldsOf(JSON.parse(json));
      return only(at, { a: optional(at, "a", byte), b: optional(at, "b", byte) });
    });

  test("may lack what is optional", () => {
    expect(read("{}")).toEqual({ ok: true, value: {} });
    expect(read('{"b":1}')).toEqual({ ok: true, value: { b: 1 } });
  });

  test.each(["c", "__proto__", "constructor", "toString", "A", "", "a.b"])("may not hold %j", (name) => {
    expect(read(`{"a":1,${JSON.stringify(name)}:1}`)).toEqual({
      ok: false,
      reason: `${name === "" ? "(root)" : name}: unknown field`,
    });
  });

  test("is told first of the fields that it may hold", () => {
    expect(read('{"c":1,"b":"x"}')).toMatchObject({ reason: "b: expected a whole number from 0 to 255" });
  });

  test("is told no more than the beginning of a long name", () => {
    const reason = `${"k".repeat(80)}…: unknown field`;
    expect(read(JSON.stringify({ ["k".repeat(3_000)]: 1 }))).toEqual({ ok: false, reason });
  });
});

test("a fault of the program is none of the JSON's", () => {
  const broken = () => {
    throw new RangeError("ours");
  };
  expect(() => attempt(broken)).toThrow(RangeError);
  expect(() => attempt(() => text(fieldsOf({ a: "x" }), "a", { parse: broken, expected: "" }))).toThrow(
    RangeError,
  );
  expect(attempt(() => fault("", "expected more"))).toEqual({ ok: false, reason: "(root): expected more" });
});

describe("whatever JSON it is", () => {
  const rules: readonly TextRule<unknown>[] = [
    address,
    atomic,
    bytes32,
    caip2,
    deviceId,
    hex(2),
    matching(/^x$/, "expected x"),
    uint256,
    upTo(3),
  ];
  const readers: readonly Reader<unknown>[] = [
    ...rules.map(
      (rule): Reader<unknown> =>
        (at, key) =>
          text(at, key, rule),
    ),
    ...rules.map(
      (rule): Reader<unknown> =>
        (at, key) =>
          optionalText(at, key, rule),
    ),
    ...[anyText, number, flag, byte, side, words, inner, maybe, orNull, orNone, object],
    (at, key) => list(at, key, object),
    (at, key) => only(object(at, key), "nothing"),
  ];

  test("nothing else is thrown", () => {
    fc.assert(
      fc.property(anyJson, fc.constantFrom(...readers), (json, read) => {
        const result = attempt(() => read(fieldsOf({ a: json }), "a"));
        if (!result.ok) expect(result.reason).toMatch(/^a.*: (expected |unknown field$)/s);
        expect(attempt(() => read(fieldsOf(json), "a"))).toHaveProperty("ok");
      }),
      { numRuns: 2_000 },
    );
  });

  test("no value is repeated", () => {
    const SECRET = "5ecre7";
    const secret = fc.string().map((rest) => SECRET + rest);
    const { json } = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(secret, fc.array(tie("json"), { maxLength: 3 }), fc.record({ b: tie("json") })),
    }));
    fc.assert(
      fc.property(json, fc.constantFrom(...readers), (hidden, read) => {
        for (const outer of [hidden, { a: hidden }, [hidden]]) {
          expect(JSON.stringify(attempt(() => reasonOf(outer, read)))).not.toContain(SECRET);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  function reasonOf(json: Json, read: Reader<unknown>): void {
    const at: Fields = fieldsOf(json);
    read(at, "a");
    only(at, "nothing");
  }
});
