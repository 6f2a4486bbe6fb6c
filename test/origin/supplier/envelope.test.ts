import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openEnvelope } from "../../../origin/supplier/envelope.ts";
import { accessCode, secretKey } from "./client.ts";

const activationCode = "LPA:1$rsp.example.com$MATCHING-ID-SECRET";
const secrets = [accessCode, secretKey, activationCode, "MATCHING-ID-SECRET"];

describe("the envelope", () => {
  test.each([
    ['{"success":true,"errorCode":null,"errorMsg":null,"obj":{"a":1}}', { kind: "ok", obj: { a: 1 } }],
    ['{"success":true,"errorCode":"0","errorMessage":"","obj":{}}', { kind: "ok", obj: {} }],
    [
      '{"success":false,"errorCode":"200007","errorMsg":"no money"}',
      { kind: "refused", reason: "insufficient_balance", code: "200007" },
    ],
    [
      '{"success":false,"errorCode":200010,"errorMessage":"wait","obj":null}',
      { kind: "refused", reason: "allocating", code: "200010" },
    ],
    ['{"success":true,"errorCode":"200007","obj":{}}', { kind: "unknown", detail: "bad_envelope" }],
    ['{"success":false,"errorCode":"0"}', { kind: "unknown", detail: "bad_envelope" }],
    ['{"success":"true","obj":{}}', { kind: "unknown", detail: "bad_envelope" }],
    ["[]", { kind: "unknown", detail: "bad_envelope" }],
    ["null", { kind: "unknown", detail: "bad_envelope" }],
    ["", { kind: "unknown", detail: "not_json" }],
  ])("%s is opened for what it is", (text, opened) => {
    expect(openEnvelope(text)).toEqual(opened);
  });

  const code = fc.oneof(
    fc.constantFrom(null, "0", 0, "", ...secrets),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.jsonValue(),
  );
  const nearlyRight = fc.record(
    {
      success: fc.oneof(fc.boolean(), fc.jsonValue()),
      errorCode: code,
      errorMsg: fc.constantFrom(...secrets),
      obj: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  test("any text is opened without a throw, and no refusal repeats a secret", () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.json(),
      nearlyRight.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const opened = openEnvelope(text);
        if (opened.kind === "ok") return;
        const printed = JSON.stringify(opened);
        for (const secret of secrets.filter((one) => one.length > 16)) expect(printed).not.toContain(secret);
      }),
      { numRuns: 1_000 },
    );
  });

  test("only success without an error code is taken for success", () => {
    fc.assert(
      fc.property(nearlyRight, (envelope) => {
        const { kind } = openEnvelope(JSON.stringify(envelope));
        if (kind === "ok") {
          expect(envelope.success).toBe(true);
          expect(String(envelope.errorCode ?? "").trim()).toMatch(/^-?0*$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
