import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorsPage } from "../../scripts/docs/errors-page.ts";

test("docs/errors.md is what the code's own table makes it (npm run docs:errors writes it anew)", () => {
  expect(readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8")).toBe(errorsPage());
});
