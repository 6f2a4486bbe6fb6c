/** The variables that Lambda sets for every function. Nothing of the emulator's own environment is among them. */

import type { Credentials } from "../aws/credentials.ts";

export interface RuntimeEnvironment {
  readonly functionName: string;
  readonly region: string;
  readonly memoryMb: number;
  readonly handler: string;
  readonly credentials: Credentials;
}

/** Lambda Developer Guide, "Defined runtime environment variables": those that programs read. */
export function runtimeEnvironment(options: RuntimeEnvironment): Record<string, string> {
  const { functionName, region, memoryMb, handler, credentials } = options;
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x",
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: "1",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    LAMBDA_TASK_ROOT: "/var/task",
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    _HANDLER: handler,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
  };
}
