/** The edge's secrets as JSON: written at deployment into the bundle or Secrets Manager, read here at cold start. */

import * as v from "valibot";
import { type Hex, hexToBytes } from "../../protocol/hex.ts";
import { bytes32Schema, describeIssue } from "../../protocol/schema.ts";
import { parseJson } from "../../protocol/text.ts";
import type { EdgeSecrets } from "../secrets.ts";

export interface EdgeSecretsJson {
  readonly cdpKeyId: string;
  readonly cdpKeySecret: string;
  /** The first is current, the others still verify. */
  readonly keys: readonly { readonly id: number; readonly invoice: Hex; readonly grant: Hex }[];
}

/** Where an edge function finds them. Decided when it is built. */
export type BundledSecrets =
  | { readonly kind: "inline"; readonly secrets: EdgeSecretsJson }
  | { readonly kind: "secrets-manager"; readonly secretId: string; readonly region: string };

/** Says what is wrong with them by the place, never by the value. */
export class EdgeSecretsError extends Error {
  override readonly name = "EdgeSecretsError";
}

/** An unknown field is let be: a newer deployment may have written it for its own functions. */
const secretsSchema = v.object({
  cdpKeyId: v.pipe(v.string(), v.minLength(1)),
  cdpKeySecret: v.pipe(v.string(), v.minLength(1)),
  keys: v.pipe(
    v.array(
      v.object({
        id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
        invoice: bytes32Schema,
        grant: bytes32Schema,
      }),
    ),
    v.minLength(1),
  ),
});

/** @throws EdgeSecretsError */
export function parseEdgeSecrets(json: unknown): EdgeSecrets {
  const parsed = v.safeParse(secretsSchema, json);
  if (!parsed.success) throw new EdgeSecretsError(parsed.issues.map(describeIssue).join("; "));
  return builtInSecrets(parsed.output);
}

/** Of secrets that a synth has built in, and so checked. */
export function builtInSecrets({ cdpKeyId, cdpKeySecret, keys }: EdgeSecretsJson): EdgeSecrets {
  return {
    cdpKeyId,
    cdpKeySecret,
    invoiceKeys: keys.map(({ id, invoice }) => ({ id, secret: hexToBytes(invoice) })),
    grantKeys: keys.map(({ id, grant }) => ({ id, secret: hexToBytes(grant) })),
  };
}

/** @throws EdgeSecretsError */
export function readEdgeSecrets(text: string): EdgeSecrets {
  return parseEdgeSecrets(parseJson(text)?.value);
}
