/**
 * The stack that end-to-end tests drive: our source, or with `EDGE402_E2E=assembly` the bundles of the synthesized CDK
 * app, wired as its templates say. The tests are the same.
 */

import {
  type Stack,
  type StackOptions,
  startStack as startLocalStack,
} from "../../scripts/local/stack/start-stack.ts";

export {
  localChains,
  type Stack,
  type StackLogEvent,
  type StackOptions,
} from "../../scripts/local/stack/start-stack.ts";

export const onAssembly = process.env["EDGE402_E2E"] === "assembly";

export function startStack(options: StackOptions = {}): Promise<Stack> {
  return startLocalStack({ ...options, assembly: onAssembly });
}
