/** CloudFormation's intrinsic functions, as far as our templates use them. Pure. */

import * as v from "valibot";
import { AssemblyError } from "./assembly-error.ts";

/** What a template's values depend on. Each throws AssemblyError for what there is not. */
export interface Scope {
  /** The value of `Ref`: a resource's, or a pseudo parameter's. */
  ref(name: string): string;
  attribute(logicalId: string, name: string): string;
  importValue(exportName: string): string;
}

const pair = v.tuple([v.string(), v.unknown()]);
const attributeSchema = v.union([
  v.tuple([v.string(), v.string()]),
  v.pipe(
    v.string(),
    v.regex(/^[^.]+\../),
    v.transform((text): [string, string] => {
      const dot = text.indexOf(".");
      return [text.slice(0, dot), text.slice(dot + 1)];
    }),
  ),
]);
const subSchema = v.union([
  v.pipe(
    v.string(),
    v.transform((text): [string, Record<string, unknown>] => [text, {}]),
  ),
  v.tuple([v.string(), v.record(v.string(), v.unknown())]),
]);

/** The value with every intrinsic function in it worked out. @throws AssemblyError */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && isIntrinsic(only[0])) return call(...only, scope);
  return Object.fromEntries(entries.map(([name, item]) => [name, resolve(item, scope)]));
}

function isIntrinsic(name: string): boolean {
  return name === "Ref" || name === "Condition" || name.startsWith("Fn::");
}

function call(name: string, argument: unknown, scope: Scope): unknown {
  const text = (value: unknown) => expect(v.string(), resolve(value, scope), name);
  const texts = (value: unknown) => expect(v.array(v.string()), resolve(value, scope), name);
  switch (name) {
    case "Ref":
      return scope.ref(expect(v.string(), argument, name));
    case "Fn::GetAtt": {
      const [logicalId, attribute] = expect(attributeSchema, argument, name);
      return scope.attribute(logicalId, attribute);
    }
    case "Fn::ImportValue":
      return scope.importValue(text(argument));
    case "Fn::Join": {
      const [separator, parts] = expect(pair, argument, name);
      return texts(parts).join(separator);
    }
    case "Fn::Split": {
      const [separator, whole] = expect(pair, argument, name);
      return text(whole).split(separator);
    }
    case "Fn::Select": {
      const [index, from] = expect(v.tuple([v.union([v.string(), v.number()]), v.unknown()]), argument, name);
      const found = texts(from)[Number(index)];
      if (found === undefined) throw new AssemblyError(`Fn::Select finds no item ${index}`);
      return found;
    }
    case "Fn::Sub": {
      const [template, variables] = expect(subSchema, argument, name);
      return substitute(template, variables, scope);
    }
    default:
      throw new AssemblyError(`the intrinsic function ${name} is not played`);
  }
}

/** `${Name}`, `${Resource.Attribute}`, and `${!Literal}`, which stands for `${Literal}`. */
function substitute(template: string, variables: Readonly<Record<string, unknown>>, scope: Scope): string {
  return template.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal !== "") return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return expect(v.string(), resolve(variables[name], scope), "Fn::Sub");
    const dot = name.indexOf(".");
    return dot === -1 ? scope.ref(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1));
  });
}

function expect<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  name: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new AssemblyError(`${name} can't take ${JSON.stringify(value)}`);
  return parsed.output;
}
