/** Entry point of `npm run webhook`: tells the supplier where its notifications go. */

import { runWebhook } from "./webhook/command.ts";

process.exitCode = await runWebhook(process.argv.slice(2), process.env, {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
});
