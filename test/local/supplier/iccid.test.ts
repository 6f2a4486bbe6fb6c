import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completeIccid } from "../../../scripts/local/supplier/iccid.ts";
import { isIccid } from "../../builders/iccid.ts";

const bodies = fc.stringMatching(/^89[0-9]{16,17}$/);

describe("ICCIDs", () => {
  test("a number worked out by hand gets its check digit", () => {
    // 8 + 2·9−9 + 4 + 2·4 + 1 + 2·1 = 32, and 8 more make 40.
    expect(completeIccid("894411000000000000")).toBe("8944110000000000008");
  });

  test("a completed number passes the Luhn test, with 19 digits and with 20, and with no other digit", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const iccid = completeIccid(body);
        const passing = Array.from("0123456789", (digit) => body + digit).filter(isIccid);
        expect(passing).toEqual([iccid]);
      }),
    );
  });

  test.each([
    "1234",
    "894411",
    "8944110000000000000000",
    "8944110000000000x0",
  ])("%j can't be completed", (body) => {
    expect(() => completeIccid(body)).toThrow(RangeError);
  });
});
