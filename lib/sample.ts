/**
 * What `cdk synth -c sample=true` stands on: secrets that everybody can derive, and a rule by which CloudFormation
 * refuses every stack that was built with them.
 */

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { CfnParameter, CfnRule, Fn, type Stack } from "aws-cdk-lib";

const PUBLIC_TEXT = "edge402 sample: these secrets are public and open nothing";

/** An Ed25519 private key as PKCS #8: this, and its 32 bytes. */
const ED25519_PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const KEY_BYTES = 32;

export function sampleEnvironment(): Readonly<Record<string, string>> {
  return {
    EDGE402_CDP_KEY_ID: uuidOf("cdp key id"),
    EDGE402_CDP_KEY_SECRET: ed25519Of("cdp key"),
    EDGE402_KEYS: `1:${bytesOf("master key").toString("hex")}`,
    EDGE402_SUPPLIER_ACCESS_CODE: bytesOf("supplier access code").toString("hex", 0, KEY_BYTES / 2),
    EDGE402_SUPPLIER_SECRET_KEY: bytesOf("supplier secret key").toString("hex"),
  };
}

function bytesOf(label: string): Buffer {
  return createHash("sha256").update(`${PUBLIC_TEXT}: ${label}`).digest();
}

function uuidOf(label: string): string {
  const hex = bytesOf(label).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** As CDP gives them out: base64 of the seed and the public key. */
function ed25519Of(label: string): string {
  const seed = bytesOf(label);
  const key = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, seed]),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES);
  return Buffer.concat([seed, publicKey]).toString("base64");
}

/** A rule is asserted before anything is created. It can only fail: the parameter takes no other value. */
export function refuseDeployment(stack: Stack): void {
  const parameter = new CfnParameter(stack, "BuiltWith", {
    description: "This template holds keys that everybody knows",
    default: "sample-secrets",
    allowedValues: ["sample-secrets"],
  });
  new CfnRule(stack, "SampleIsNeverDeployed", {
    assertions: [
      {
        assert: Fn.conditionEquals(parameter.valueAsString, "secrets-of-your-own"),
        assertDescription:
          "Built with -c sample=true: its keys are public. Write edge402.config.ts, and set the EDGE402_* variables.",
      },
    ],
  });
}
