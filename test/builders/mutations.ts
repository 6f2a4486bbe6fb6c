/** Good JSON with something changed in it: what a parser's tests feed it besides JSON of every kind. */

import fc from "fast-check";
import type { Json } from "./payment.ts";

/** Values that a slip might take for another: of another kind, at a limit, or only inherited. */
const nearMisses: readonly Json[] = [
  ...[null, true, false, [], {}, [[]], [{}], [null]],
  ...[
    "",
    " ",
    "0",
    "1",
    "00",
    "0x",
    "0x0",
    "true",
    "null",
    "constructor",
    "__proto__",
    `0x${"00".repeat(32)}`,
  ],
  ...[15, 16, 32, 33, 64, 65, 128, 129, 512, 513].map((length) => "x".repeat(length)),
  // Two units of UTF-16 each.
  ...[16, 17, 32, 33].map((length) => "\u{1f600}".repeat(length)),
  ...[
    0,
    -0,
    1,
    2,
    50,
    51,
    255,
    256,
    -1,
    1.5,
    1e3,
    1_048_576,
    1_048_577,
    1e21,
    1e300,
    Number.MAX_SAFE_INTEGER,
  ],
];

const strangeKeys = ["__proto__", "constructor", "toString", "length", "0", "", "a.b", "x".repeat(200)];

/** JSON of every kind, as `JSON.parse` makes it: with own fields of any name. */
export const anyJson: fc.Arbitrary<Json> = fc
  .oneof(
    fc.json({ stringUnit: "binary" }),
    fc.constantFrom(...nearMisses).map((value) => JSON.stringify(value)),
  )
  .map((text): Json => JSON.parse(text));

type Change = (value: Json) => Json | undefined;

function changeWith(known: readonly string[]): fc.Arbitrary<Change> {
  const key = fc.oneof(fc.constantFrom(...known, ...strangeKeys), fc.string({ unit: "binary" }));
  return fc.oneof(
    fc.constant<Change>(() => undefined),
    anyJson.map(
      (other): Change =>
        () =>
          other,
    ),
    fc.constant<Change>((value) => [value]),
    fc.tuple(key, anyJson).map(
      ([name, other]): Change =>
        (value) =>
          withKey(value, name, other),
    ),
    fc.tuple(fc.nat(70), anyJson).map(
      ([times, other]): Change =>
        (value) =>
          Array.isArray(value) ? [...Array.from({ length: times }, () => value[0] ?? other)] : other,
    ),
  );
}

/** One of these, with up to three changes anywhere in it. */
export function changed(good: readonly Json[]): fc.Arbitrary<Json> {
  const known = [...new Set(good.flatMap(keysIn))];
  const change = fc.tuple(fc.nat(), changeWith(known));
  return fc.tuple(fc.constantFrom(...good), fc.array(change, { maxLength: 3 })).map(([json, changes]) =>
    changes.reduce((current, [at, apply]) => {
      const paths = pathsIn(current);
      return changeAt(current, paths[at % paths.length] ?? [], apply) ?? null;
    }, json),
  );
}

function withKey(value: Json, key: string, other: Json): Json {
  return isRecord(value) ? Object.fromEntries([...Object.entries(value), [key, other]]) : other;
}

/** Every place in it, its own included. */
function pathsIn(json: Json): (readonly string[])[] {
  return [[], ...childrenOf(json).flatMap(([key, value]) => pathsIn(value).map((path) => [key, ...path]))];
}

function keysIn(json: Json): string[] {
  return childrenOf(json).flatMap(([key, value]) => [key, ...keysIn(value)]);
}

function childrenOf(json: Json): [string, Json][] {
  return typeof json === "object" && json !== null ? Object.entries(json) : [];
}

function changeAt(json: Json, [key, ...rest]: readonly string[], change: Change): Json | undefined {
  if (key === undefined) return change(json);
  const children = childrenOf(json).flatMap(([name, value]): [string, Json][] => {
    const next = name === key ? changeAt(value, rest, change) : value;
    return next === undefined ? [] : [[name, next]];
  });
  return Array.isArray(json) ? children.map(([, value]) => value) : Object.fromEntries(children);
}

function isRecord(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
