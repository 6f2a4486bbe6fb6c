/** Entry point of `npm run doctor`: checks a configuration against the world, and a deployment against both. */

import { terminal } from "./command.ts";
import { runDoctor } from "./doctor/command.ts";

// The SDK's advice to move to Node.js 22 is for us, not for whoever starts this.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

process.exitCode = await runDoctor(process.argv.slice(2), process.env, terminal);
