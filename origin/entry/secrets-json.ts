/** The origin's secrets as JSON: written into Secrets Manager at deployment, read here by its functions. */

import * as v from "valibot";
import { type Hex, hexToBytes } from "../../protocol/hex.ts";
import { bytes32Schema, describeIssue } from "../../protocol/schema.ts";
import { parseJson } from "../../protocol/text.ts";
import type { OriginSecrets } from "../origin.ts";

export interface OriginSecretsJson {
  readonly cdpKeyId: string;
  readonly cdpKeySecret: string;
  readonly supplierAccessCode: string;
  readonly supplierSecretKey: string;
  /** The first is current, the others still verify. */
  readonly keys: readonly {
    readonly id: number;
    readonly invoice: Hex;
    readonly grant: Hex;
    readonly access: Hex;
  }[];
}

/** Says what is wrong with them by the place, never by the value. */
export class OriginSecretsError extends Error {
  override readonly name = "OriginSecretsError";
}

const textSchema = v.pipe(v.string(), v.minLength(1));

const keySchema = v.object({
  id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
  invoice: bytes32Schema,
  grant: bytes32Schema,
  access: bytes32Schema,
});

/** An unknown field is let be: a newer deployment may have written it for its own functions. */
const secretsSchema = v.object({
  cdpKeyId: textSchema,
  cdpKeySecret: textSchema,
  supplierAccessCode: textSchema,
  supplierSecretKey: textSchema,
  keys: v.tupleWithRest([keySchema], keySchema),
});

/** @throws OriginSecretsError */
export function readOriginSecrets(text: string): OriginSecrets {
  const parsed = v.safeParse(secretsSchema, parseJson(text)?.value);
  if (!parsed.success) throw new OriginSecretsError(parsed.issues.map(describeIssue).join("; "));
  const { keys, ...others } = parsed.output;
  const [current, ...older] = keys;
  return {
    ...others,
    invoiceKeys: keys.map(({ id, invoice }) => ({ id, secret: hexToBytes(invoice) })),
    grantKeys: keys.map(({ id, grant }) => ({ id, secret: hexToBytes(grant) })),
    accessSecrets: [hexToBytes(current.access), ...older.map(({ access }) => hexToBytes(access))],
  };
}
