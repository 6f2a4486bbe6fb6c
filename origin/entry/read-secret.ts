/** The origin's secret in Secrets Manager, read with the SDK's retries inside one deadline. */

import {
  GetSecretValueCommand,
  type SecretsManagerClient,
  SecretsManagerServiceException,
} from "@aws-sdk/client-secrets-manager";

/** Names the fault only: AWS's messages quote roles and accounts. */
export class SecretUnavailableError extends Error {
  override readonly name = "SecretUnavailableError";
}

/** @returns reads the secret's text; throws SecretUnavailableError after `deadlineMs`, or sooner */
export function createSecretReader(
  client: SecretsManagerClient,
  secretId: string,
  deadlineMs: number,
): () => Promise<string> {
  return async () => {
    const deadline = AbortSignal.timeout(deadlineMs);
    // The SDK heeds the signal while a request is under way, not while it looks for credentials or waits for a retry.
    const late = new Promise<never>((_, reject) => {
      deadline.addEventListener("abort", () => reject(deadline.reason), { once: true });
    });
    try {
      const command = new GetSecretValueCommand({ SecretId: secretId });
      const sent = client.send(command, { abortSignal: deadline });
      const { SecretString: text } = await Promise.race([sent, late]);
      if (text !== undefined) return text;
    } catch (error) {
      throw new SecretUnavailableError(nameOf(error));
    }
    throw new SecretUnavailableError("it holds no text");
  };
}

function nameOf(error: unknown): string {
  if (error instanceof SecretsManagerServiceException) return error.name;
  return error instanceof Error && ["TimeoutError", "AbortError"].includes(error.name)
    ? "late"
    : "unreachable";
}
