/** A bundle as what a Lambda function runs. */

import { chmodSync } from "node:fs";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";
import type { Bundle } from "./bundle/bundle.ts";

export const HANDLER = "index.handler";

/** Files keep their modes on the way to Lambda, whose functions run as another user than the owner. */
const READABLE = 0o644;

export function codeOf({ directory }: Bundle): Code {
  chmodSync(join(directory, "index.js"), READABLE);
  return Code.fromAsset(directory);
}
