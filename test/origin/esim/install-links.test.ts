import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { installLinks } from "../../../origin/esim/install-links.ts";

const code = "LPA:1$rsp.example.com$A-1$$1";

describe("install links", () => {
  test("both carry the whole activation code in carddata", () => {
    const { apple, android } = installLinks(code);
    expect(apple).toBe(
      "https://esimsetup.apple.com/esim_qrcode_provisioning?carddata=LPA%3A1%24rsp.example.com%24A-1%24%241",
    );
    expect(new URL(android).host).toBe("esimsetup.android.com");
    expect(new URL(android).pathname).toBe("/esim_qrcode_provisioning");
    expect(new URL(android).searchParams.get("carddata")).toBe(code);
  });

  test("no text at all leads anywhere else, or adds a parameter or a fragment", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        for (const [link, host] of [
          [installLinks(text).apple, "esimsetup.apple.com"],
          [installLinks(text).android, "esimsetup.android.com"],
        ] as const) {
          const url = new URL(link);
          expect([url.host, url.pathname, url.hash]).toEqual([host, "/esim_qrcode_provisioning", ""]);
          expect([...url.searchParams]).toEqual([["carddata", text]]);
        }
      }),
    );
  });
});
