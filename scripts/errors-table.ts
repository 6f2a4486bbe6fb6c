/** Writes docs/errors.md from the code's own table: `npm run docs:errors`. A test checks that it was run. */

import { writeFileSync } from "node:fs";
import { errorsPage } from "./docs/errors-page.ts";

writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());
