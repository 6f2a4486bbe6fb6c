/** Entry point of `npm run catalog`: compares the merchant's catalog with what the supplier has on its shelf. */

import { runCatalog } from "./catalog/command.ts";

process.exitCode = await runCatalog(process.argv.slice(2), process.env, {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
