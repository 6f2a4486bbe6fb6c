import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ActivationCode, formatActivationCode, parseActivationCode } from "../../../origin/esim/lpa.ts";

const simple: ActivationCode = {
  smdpAddress: "rsp-eu.example.com",
  matchingId: "43DE-8A",
  smdpOid: null,
  confirmationRequired: false,
};

const text = (pattern: RegExp) => fc.stringMatching(pattern);
const codes = fc.record({
  smdpAddress: fc.domain().filter((domain) => domain.length < 100),
  matchingId: text(/^[A-Z0-9-]{1,60}$/),
  smdpOid: fc.option(text(/^[0-2](\.(0|[1-9][0-9]{0,4})){1,6}$/)),
  confirmationRequired: fc.boolean(),
});

describe("activation codes", () => {
  test.each([
    ["LPA:1$rsp-eu.example.com$43DE-8A", simple],
    ["LPA:1$rsp-eu.example.com$43DE-8A$", simple],
    ["LPA:1$rsp-eu.example.com$43DE-8A$1.3.6.1", { ...simple, smdpOid: "1.3.6.1" }],
    ["LPA:1$rsp-eu.example.com$43DE-8A$$1", { ...simple, confirmationRequired: true }],
    [
      "LPA:1$rsp-eu.example.com$43DE-8A$1.3.6.1$1",
      { ...simple, smdpOid: "1.3.6.1", confirmationRequired: true },
    ],
  ])("%s is read", (code, parts) => {
    expect(parseActivationCode(code)).toEqual(parts);
  });

  test.each([
    ["no prefix", "1$rsp.example.com$A"],
    ["a prefix in lower case", "lpa:1$rsp.example.com$A"],
    ["another format", "LPA:2$rsp.example.com$A"],
    ["no matching id", "LPA:1$rsp.example.com"],
    ["an empty matching id", "LPA:1$rsp.example.com$"],
    ["a matching id with a line break", "LPA:1$rsp.example.com$A\n"],
    ["no address", "LPA:1$$A"],
    ["a host without a domain", "LPA:1$localhost$A"],
    ["a URL for an address", "LPA:1$https://rsp.example.com$A"],
    ["a port", "LPA:1$rsp.example.com:443$A"],
    ["a label that ends in a hyphen", "LPA:1$rsp-.example.com$A"],
    ["an empty label", "LPA:1$rsp..com$A"],
    ["an OID that is none", "LPA:1$rsp.example.com$A$x"],
    ["a flag other than 1", "LPA:1$rsp.example.com$A$$0"],
    ["an empty flag", "LPA:1$rsp.example.com$A$$"],
    ["a sixth field", "LPA:1$rsp.example.com$A$$1$1"],
    ["more than 255 characters", `LPA:1$rsp.example.com$${"A".repeat(255)}`],
  ])("%s is refused", (_why, code) => {
    expect(parseActivationCode(code)).toBeNull();
  });

  test("any legal code comes back as it was written", () => {
    fc.assert(
      fc.property(codes, (code) => {
        expect(parseActivationCode(formatActivationCode(code))).toEqual(code);
      }),
    );
  });

  test("whatever is read is written in the same words, or without an empty last field", () => {
    const field = fc.oneof(fc.constantFrom("", "1", "a.b", "rsp.example.com", "1.3.6", "LPA:1"), fc.string());
    const hostile = fc.array(field, { maxLength: 6 }).map((fields) => `LPA:1$${fields.join("$")}`);
    fc.assert(
      fc.property(hostile, (code) => {
        const parsed = parseActivationCode(code);
        if (parsed !== null) expect([code, code.replace(/\$$/, "")]).toContain(formatActivationCode(parsed));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["a separator in the matching id", { ...simple, matchingId: "A$1.3.6" }],
    ["a separator in the address", { ...simple, smdpAddress: "rsp.example.com$B" }],
    ["an empty OID in place of none", { ...simple, smdpOid: "" }],
    ["an empty matching id", { ...simple, matchingId: "" }],
  ])("parts with %s are not written", (_why, code) => {
    expect(() => formatActivationCode(code)).toThrow(RangeError);
  });

  test("the error for illegal parts does not repeat the matching id", () => {
    expect(() => formatActivationCode({ ...simple, matchingId: "SECRET$X" })).toThrow(/^((?!SECRET).)*$/);
  });
});
