/** The edge's secrets as JSON: written at deployment into the bundle or Secrets Manager, read here at cold start. */

import { attempt, type Fields, fieldsOf, list, object, text, whole } from "../../protocol/fields.ts";
import { type Hex, hexToBytes } from "../../protocol/hex.ts";
import { bytes32, type TextRule } from "../../protocol/rules.ts";
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

/** @throws EdgeSecretsError */
export function parseEdgeSecrets(json: unknown): EdgeSecrets {
  const parsed = attempt(() => readSecrets(fieldsOf(json)));
  if (!parsed.ok) throw new EdgeSecretsError(parsed.reason);
  return builtInSecrets(parsed.value);
}

const something: TextRule<string> = { parse: (text) => text || undefined, expected: "expected text" };

/** An unknown field is let be: a newer deployment may have written it for its own functions. */
function readSecrets(at: Fields): EdgeSecretsJson {
  return {
    cdpKeyId: text(at, "cdpKeyId", something),
    cdpKeySecret: text(at, "cdpKeySecret", something),
    keys: list(at, "keys", readKeys, 1),
  };
}

function readKeys(keys: Fields, position: string): EdgeSecretsJson["keys"][number] {
  const at = object(keys, position);
  return {
    id: whole(at, "id", 0, 255),
    invoice: text(at, "invoice", bytes32),
    grant: text(at, "grant", bytes32),
  };
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
