/** The WebAssembly modules, written out once here: every function that is built has them in base64, and starts faster. */

import { keccakModule } from "../../protocol/keccak-code.ts";
import { fieldModule } from "../../protocol/secp256k1/field-code.ts";
import { sha256Module } from "../../protocol/sha256-code.ts";

/** JavaScript literals, by the names that they replace. */
export const webAssembly: Readonly<Record<string, string>> = {
  EDGE402_SHA256: literal(sha256Module()),
  EDGE402_KECCAK: literal(keccakModule()),
  EDGE402_FIELD: literal(fieldModule()),
};

function literal(bytes: Uint8Array): string {
  return JSON.stringify(Buffer.from(bytes).toString("base64"));
}
