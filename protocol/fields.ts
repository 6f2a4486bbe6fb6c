/**
 * JSON from outside, read field by field, where bytes and start-up time count: at the edge. A parser is a function that
 * asks for what it wants, and nothing is made when its module is loaded. Elsewhere valibot reads (schema.ts).
 *
 * The first thing that is wrong is thrown as a fault, and caught once, by `attempt` around the whole parser. It names the
 * place and the rule, never the value. Only own fields count. A list is an object without named ones, since some clients
 * write an empty object as one.
 */

import { entry } from "./entry.ts";
import { fail, ok, type Result } from "./result.ts";
import { complaint, type TextRule } from "./rules.ts";

/** "payload.authorization.nonce: expected 32 bytes of hex". */
class FieldFault extends Error {}

export interface Fields {
  /** "payload.authorization", or nothing for the outermost. */
  readonly place: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** The names asked for so far, which `only` knows by this. */
  readonly asked: string[];
}

/** Reads one field, or throws. */
export type Reader<Value> = (at: Fields, key: string) => Value;

/** What a parser of fields reads, or what is wrong: the first fault in the order of reading. */
export function attempt<Value>(read: () => Value): Result<Value, string> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof FieldFault) return fail(error.message);
    throw error;
  }
}

export function fault(place: string, expected: string): never {
  throw new FieldFault(complaint(place, expected));
}

export function fieldsOf(json: unknown, place = ""): Fields {
  return isObject(json) ? { place, json, asked: [] } : fault(place, "expected an object");
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === "object" && json !== null;
}

function within({ place }: Fields, key: string): string {
  return place === "" ? key : `${place}.${key}`;
}

function take({ json, asked }: Fields, key: string): unknown {
  asked.push(key);
  return entry(json, key);
}

/** The value, of an object that holds nothing but what was asked for. */
export function only<Value>(at: Fields, value: Value): Value {
  for (const key of Object.keys(at.json)) {
    if (!at.asked.includes(key)) fault(within(at, key), "unknown field");
  }
  return value;
}

export function object(at: Fields, key: string): Fields {
  return fieldsOf(take(at, key), within(at, key));
}

export function text<Value>(at: Fields, key: string, { parse, expected }: TextRule<Value>): Value {
  const value = take(at, key);
  const parsed = typeof value === "string" ? parse(value) : undefined;
  return parsed ?? fault(within(at, key), expected);
}

/** Any text. */
export function anyText(at: Fields, key: string): string {
  const value = take(at, key);
  return typeof value === "string" ? value : fault(within(at, key), "expected text");
}

export function number(at: Fields, key: string): number {
  const value = take(at, key);
  return typeof value === "number" ? value : fault(within(at, key), "expected a number");
}

export function whole(at: Fields, key: string, min: number, max: number): number {
  const value = take(at, key);
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
    ? value
    : fault(within(at, key), `expected a whole number from ${min} to ${max}`);
}

export function oneOf<const Value extends string | number | boolean>(
  at: Fields,
  key: string,
  values: readonly Value[],
): Value {
  const value = take(at, key);
  return values.find((known) => known === value) ?? fault(within(at, key), `expected ${values.join(" or ")}`);
}

export function flag(at: Fields, key: string): boolean {
  return oneOf(at, key, [true, false]);
}

export function list<Value>(
  at: Fields,
  key: string,
  read: Reader<Value>,
  min = 0,
  max = Number.POSITIVE_INFINITY,
): Value[] {
  const value = take(at, key);
  const place = within(at, key);
  if (!Array.isArray(value)) return fault(place, "expected a list");
  if (value.length < min) return fault(place, `expected at least ${min}`);
  if (value.length > max) return fault(place, `expected at most ${max}`);
  const items = fieldsOf(value, place);
  return value.map((_, position) => read(items, `${position}`));
}

export function optional<Value>(at: Fields, key: string, read: Reader<Value>): Value | undefined {
  return take(at, key) === undefined ? undefined : read(at, key);
}

export function optionalText<Value>(at: Fields, key: string, rule: TextRule<Value>): Value | undefined {
  return optional(at, key, () => text(at, key, rule));
}

/** It must be there, if only as null. */
export function nullable<Value>(at: Fields, key: string, read: Reader<Value>): Value | null {
  return take(at, key) === null ? null : read(at, key);
}

/** It may be null or not be there. */
export function nullish<Value>(at: Fields, key: string, read: Reader<Value>): Value | undefined {
  return (take(at, key) ?? undefined) === undefined ? undefined : read(at, key);
}
