import { describe, expect, test } from "vitest";
import { dispositions, documentedCodes, normalizeCode, refusalOf } from "../../../origin/supplier/errors.ts";

const dispositionOf = (code: string) => dispositions[refusalOf(code)];

describe("the supplier's error codes", () => {
  test.each([
    ["retry", ["000001", "900001", "101001"]],
    ["wait", ["200010"]],
    ["alternate_package", ["200011", "310201", "310211", "310221", "310231", "310241", "310243", "310251"]],
    ["reprice", ["200005", "200006"]],
    ["operator", ["000101", "000102", "101002", "101003", "200007", "200009", "310272"]],
    ["invalid", ["000103", "000104", "000105", "000106", "000107", "200002", "200008", "310403"]],
  ])("%s is what to do after each of its codes", (disposition, codes) => {
    expect(documentedCodes.filter((code) => dispositionOf(code) === disposition).sort()).toEqual(
      [...codes].sort(),
    );
  });

  test.each([
    "123456",
    "constructor",
    "__proto__",
    "",
  ])("the unknown code %j goes to the operator", (code) => {
    expect(refusalOf(code)).toBe("unrecognized");
    expect(dispositionOf(code)).toBe("operator");
  });

  test.each([null, undefined, "", "0", 0, "000000"])("%j is no error", (raw) => {
    expect(normalizeCode(raw)).toBeNull();
  });

  test.each([
    ["200010", "200010"],
    [200010, "200010"],
    [1, "000001"],
    ["E_NEW", "E_NEW"],
    ["LPA:1$rsp.example.com$SECRET", "unprintable"],
    ["0123456789abcdef0123456789abcdef", "unprintable"],
  ])("the code %j is kept as %j", (raw, code) => {
    expect(normalizeCode(raw)).toBe(code);
  });
});
