/** Entry point of `npm run ledger`: proves the archive of purchases, and shows one purchase's history. */

import { terminal } from "./command.ts";
import { runLedger } from "./ledger/command.ts";

// The SDK's advice to move to Node.js 22 is for us, not for whoever starts this.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

process.exitCode = await runLedger(process.argv.slice(2), terminal);
