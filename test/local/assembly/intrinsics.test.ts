/** CloudFormation's intrinsic functions, and the refusal of those that are not played. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssemblyError } from "../../../scripts/local/assembly/assembly-error.ts";
import { resolve, type Scope } from "../../../scripts/local/assembly/intrinsics.ts";

const scope: Scope = {
  ref: (name) => `<${name}>`,
  attribute: (logicalId, name) => `<${logicalId}|${name}>`,
  importValue: (name) => `<import ${name}>`,
};

describe("the value of", () => {
  test.each<[string, unknown, unknown]>([
    ["Ref", { Ref: "Table" }, "<Table>"],
    ["Fn::GetAtt as a list", { "Fn::GetAtt": ["Queue", "Arn"] }, "<Queue|Arn>"],
    ["Fn::GetAtt as text, dots in the attribute", { "Fn::GetAtt": "Reader./cdk/a.b" }, "<Reader|/cdk/a.b>"],
    ["Fn::ImportValue", { "Fn::ImportValue": "Stack:Output" }, "<import Stack:Output>"],
    ["Fn::Join", { "Fn::Join": ["-", ["a", { Ref: "B" }, "c"]] }, "a-<B>-c"],
    ["Fn::Split", { "Fn::Split": ["|", { "Fn::GetAtt": ["Q", "Arn"] }] }, ["<Q", "Arn>"]],
    ["Fn::Select of Fn::Split", { "Fn::Select": ["1", { "Fn::Split": [":", "a:b"] }] }, "b"],
    ["Fn::Sub", { "Fn::Sub": `x/\${AWS::Region}/\${Api.Id}/y` }, "x/<AWS::Region>/<Api|Id>/y"],
    ["Fn::Sub with values of its own", { "Fn::Sub": [`\${A}\${B}`, { A: { Ref: "C" } }] }, "<C><B>"],
    ["Fn::Sub of a literal", { "Fn::Sub": `\${!A}` }, `\${A}`],
    ["what is nested", { a: [{ b: { Ref: "C" } }], d: 1 }, { a: [{ b: "<C>" }], d: 1 }],
    ["two keys, one of which is a function's name", { Ref: "A", other: 1 }, { Ref: "A", other: 1 }],
  ])("%s", (_, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  test("whatever has no function in it is itself", () => {
    const key = fc.string().filter((name) => !/^(Ref$|Condition$|Fn::|__proto__$)/.test(name));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 0 }), tie("list"), tie("object")),
      list: fc.array(tie("tree"), { maxLength: 4 }),
      object: fc.dictionary(key, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(resolve(value, scope)).toEqual(value);
      }),
    );
  });
});

describe("refused are", () => {
  test.each<[string, unknown, string]>([
    ["functions that are not played", { "Fn::If": ["A", 1, 2] }, "Fn::If"],
    ["conditions", { Condition: "A" }, "Condition"],
    ["a Ref to no name", { Ref: ["A"] }, "Ref"],
    ["an attribute without its resource", { "Fn::GetAtt": "Arn" }, "Fn::GetAtt"],
    ["a Join of what is not text", { "Fn::Join": ["", [1]] }, "Fn::Join"],
    ["an item that is not there", { "Fn::Select": [2, ["a"]] }, "Fn::Select finds no item 2"],
    ["a Sub of what is not text", { "Fn::Sub": [`\${A}`, { A: [1] }] }, "Fn::Sub"],
  ])("%s", (_, value, message) => {
    expect(() => resolve(value, scope)).toThrow(AssemblyError);
    expect(() => resolve(value, scope)).toThrow(message);
  });
});
