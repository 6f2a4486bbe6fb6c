/** Entry point of `npm run catalog`: compares the merchant's catalog with what the supplier has on its shelf. */

import { runCatalog } from "./catalog/command.ts";
import { terminal } from "./command.ts";

process.exitCode = await runCatalog(process.argv.slice(2), process.env, terminal);
