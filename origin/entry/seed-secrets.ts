/**
 * Writes a secret's value, which the bundle was built with, into Secrets Manager. A custom resource's `onEvent` in the
 * manner of the CDK's provider framework; runs once a deployment, and nothing of the value is ever said.
 */

import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as v from "valibot";

const eventSchema = v.variant("RequestType", [
  v.object({
    RequestType: v.picklist(["Create", "Update"]),
    ResourceProperties: v.object({ SecretId: v.pipe(v.string(), v.minLength(1)) }),
  }),
  v.object({ RequestType: v.literal("Delete"), PhysicalResourceId: v.string() }),
]);

export class SeedError extends Error {
  override readonly name = "SeedError";
}

/** @throws SeedError naming the fault, which CloudFormation shows */
export async function handler(event: unknown): Promise<{ readonly PhysicalResourceId: string }> {
  const parsed = v.safeParse(eventSchema, event);
  if (!parsed.success) throw new SeedError("the event is none of a custom resource's");
  // The secret goes with its own resource; its value need not be taken out before.
  if (parsed.output.RequestType === "Delete") {
    return { PhysicalResourceId: parsed.output.PhysicalResourceId };
  }
  const { SecretId } = parsed.output.ResourceProperties;
  try {
    const command = new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(EDGE402_SEED) });
    await new SecretsManagerClient().send(command);
  } catch (error) {
    throw new SeedError(`the value was not written: ${error instanceof Error ? error.name : "unknown"}`);
  }
  return { PhysicalResourceId: SecretId };
}
