/** Entry point of `npm run webhook`: tells the supplier where its notifications go. */

import { terminal } from "./command.ts";
import { runWebhook } from "./webhook/command.ts";

process.exitCode = await runWebhook(process.argv.slice(2), process.env, terminal);
