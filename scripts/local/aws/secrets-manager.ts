/** AWS Secrets Manager on loopback: GetSecretValue and PutSecretValue on secrets that were declared at the start. */

import * as v from "valibot";
import { LOCAL_ACCOUNT } from "./credentials.ts";
import { AwsFault } from "./fault.ts";
import { operation, startJsonService } from "./json-service.ts";

export interface SecretsManagerOptions {
  readonly region: string;
  /** Names of the secrets there are. None has a value yet. */
  readonly secrets: readonly string[];
}

export interface SecretsManager {
  readonly url: string;
  /** @throws Error when there is no such secret */
  arnOf(name: string): string;
  close(): Promise<void>;
}

interface Version {
  readonly id: string;
  readonly value: string;
  readonly createdAt: Date;
}

/** The newest version is AWSCURRENT, the one before it AWSPREVIOUS; older ones can't be asked for. */
const stages = ["AWSCURRENT", "AWSPREVIOUS"] as const;

const getInput = v.strictObject({
  SecretId: v.string(),
  VersionStage: v.optional(v.picklist(stages), "AWSCURRENT"),
});

const putInput = v.strictObject({
  SecretId: v.string(),
  SecretString: v.pipe(v.string(), v.minLength(1), v.maxLength(65_536)),
  /** The SDK makes one up; a repeated one must not write a second version. */
  ClientRequestToken: v.pipe(v.string(), v.minLength(32), v.maxLength(64)),
});

/** @throws PortTakenError */
export async function startSecretsManager({
  region,
  secrets,
}: SecretsManagerOptions): Promise<SecretsManager> {
  /** Newest first. */
  const versions = new Map<string, Version[]>(secrets.map((name) => [name, []]));
  const arnOf = (name: string) => {
    if (!versions.has(name)) throw new Error(`There is no secret ${name}.`);
    return `arn:aws:secretsmanager:${region}:${LOCAL_ACCOUNT}:secret:${name}-local0`;
  };
  const find = (secretId: string) => {
    const name = secrets.find((each) => each === secretId || arnOf(each) === secretId);
    const found = name === undefined ? undefined : versions.get(name);
    if (name === undefined || found === undefined) {
      throw new AwsFault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    return { name, found };
  };

  const GetSecretValue = operation(getInput, ({ SecretId, VersionStage }) => {
    const { name, found } = find(SecretId);
    const version = found[stages.indexOf(VersionStage)];
    if (version === undefined) {
      throw new AwsFault(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`,
      );
    }
    return {
      ARN: arnOf(name),
      Name: name,
      VersionId: version.id,
      SecretString: version.value,
      VersionStages: [VersionStage],
      CreatedDate: version.createdAt.getTime() / 1_000,
    };
  });

  const PutSecretValue = operation(putInput, ({ SecretId, SecretString, ClientRequestToken: id }) => {
    const { name, found } = find(SecretId);
    const before = found.find((version) => version.id === id);
    if (before !== undefined && before.value !== SecretString) {
      throw new AwsFault("ResourceExistsException", "A version with this token and another value exists.");
    }
    if (before === undefined) found.unshift({ id, value: SecretString, createdAt: new Date() });
    return { ARN: arnOf(name), Name: name, VersionId: id, VersionStages: ["AWSCURRENT"] };
  });

  const { url, close } = await startJsonService({
    what: "Secrets Manager",
    region,
    service: "secretsmanager",
    target: "secretsmanager",
    version: "1.1",
    operations: { GetSecretValue, PutSecretValue },
  });
  return { url, arnOf, close };
}
