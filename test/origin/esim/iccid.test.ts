import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkIccid, completeIccid } from "../../../origin/esim/iccid.ts";

const bodies = fc.stringMatching(/^89[0-9]{16,17}$/);

describe("ICCIDs", () => {
  test("a number worked out by hand gets its check digit", () => {
    // 8 + 2·9−9 + 4 + 2·4 + 1 + 2·1 = 32, and 8 more make 40.
    expect(completeIccid("894411000000000000")).toBe("8944110000000000008");
  });

  test("a completed number is valid, with 19 digits and with 20", () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(checkIccid(completeIccid(body))).toBe("valid");
      }),
    );
  });

  test("every single wrong digit is noticed", () => {
    fc.assert(
      fc.property(
        bodies,
        fc.integer({ min: 2, max: 18 }),
        fc.integer({ min: 1, max: 9 }),
        (body, at, add) => {
          const iccid = completeIccid(body);
          const wrong = (Number(iccid[at]) + add) % 10;
          expect(checkIccid(iccid.slice(0, at) + wrong + iccid.slice(at + 1))).toBe("bad_check_digit");
        },
      ),
    );
  });

  test.each([
    "",
    "8944110000000000",
    "894411000000000000000",
    "1234567890123456789",
    "89441100000000000O5",
  ])("%j is malformed", (text) => {
    expect(checkIccid(text)).toBe("malformed");
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
