/**
 * What Lambda itself puts into the environment: the role's credentials. Lambda@Edge takes no variables of ours, and
 * nothing else at the edge reads `process.env`.
 */

import type { AwsCredentials } from "./sigv4.ts";

export function lambdaCredentials(): AwsCredentials | undefined {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId = "",
    AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
    AWS_SESSION_TOKEN: sessionToken = "",
  } = process.env;
  return accessKeyId === "" || secretAccessKey === ""
    ? undefined
    : { accessKeyId, secretAccessKey, sessionToken };
}

/** The SDKs' own variable, so that a local run can bring its own Secrets Manager. */
export function secretsManagerEndpoint(): string | undefined {
  return process.env["AWS_ENDPOINT_URL_SECRETS_MANAGER"]?.replace(/\/$/, "");
}
