/** Finds the agent's private key. Nothing in here ever repeats a key, not even a malformed one. */

import { readFileSync, statSync } from "node:fs";
import { type Hex, parseBytes32 } from "../../protocol/hex.ts";
import { UsageError } from "../command.ts";
import { localSigner, type Signer } from "./sign.ts";

const GROUP_AND_OTHERS = 0o077;

/**
 * The signer whose key is in `keyFile`, or else in the environment's `AGENT_PRIVATE_KEY`.
 *
 * @throws UsageError when there is no key, it is malformed, or its file is open to other users of the machine
 */
export function findSigner(keyFile: string | null, environment: NodeJS.ProcessEnv): Signer {
  const text = keyFile === null ? environment["AGENT_PRIVATE_KEY"] : readKeyFile(keyFile);
  if (text === undefined || text === "") {
    throw new UsageError("There is no key: set AGENT_PRIVATE_KEY, or name a file with --key-file.");
  }
  const key = parseKey(text.trim());
  const where = keyFile === null ? "AGENT_PRIVATE_KEY" : `The key file ${keyFile}`;
  if (key === undefined) throw new UsageError(`${where} is not a private key: 64 hex digits are expected.`);
  try {
    return localSigner(key);
  } catch {
    throw new UsageError(`${where} is not a private key: it is out of secp256k1's range.`);
  }
}

function parseKey(text: string): Hex | undefined {
  return parseBytes32(text.startsWith("0x") ? text : `0x${text}`);
}

function readKeyFile(path: string): string {
  let mode: number;
  let text: string;
  try {
    mode = statSync(path).mode;
    text = readFileSync(path, "utf8");
  } catch {
    throw new UsageError(`The key file ${path} can't be read.`);
  }
  if ((mode & GROUP_AND_OTHERS) !== 0) {
    throw new UsageError(
      `The key file ${path} is open to other users of this machine. Close it with: chmod 600 ${path}`,
    );
  }
  return text;
}
