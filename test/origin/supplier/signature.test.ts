import { expect, test } from "vitest";
import { signRequest } from "../../../origin/supplier/signature.ts";

test("the signature of the vendor's example is the vendor's", () => {
  const signature = signRequest("1111", {
    timestamp: "1628670421",
    requestId: "4ce9d9cdac9e4e17b3a2c66c358c1ce2",
    accessCode: "11111",
    body: '{"imsi":"326543826"}',
  });
  expect(signature).toBe("7eb765e27df5373dea2dbc8c41a7d9557743e46c8054750f3d851b3fd01d0835");
});
