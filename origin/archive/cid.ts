/** Content identifiers: CIDv1, codec raw, SHA-256, base32 in lower case. Any IPFS tool computes the same from the bytes. */

import { createHash } from "node:crypto";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as digest from "multiformats/hashes/digest";

/** The prefix is what version, codec, hash function and hash length come to in base32. */
export type Cid = `bafkrei${string}`;

const SHA2_256 = 0x12;
const SHA2_256_BYTES = 32;
const CID_LENGTH = 59;

export function cidOf(bytes: Uint8Array): Cid {
  const hash = createHash("sha256").update(bytes).digest();
  const cid = CID.createV1(raw.code, digest.create(SHA2_256, hash)).toString(base32);
  if (!isCid(cid)) throw new Error("a raw SHA-256 CID does not look like one");
  return cid;
}

/** Whether this is such a CID, in its one canonical spelling. */
export function isCid(text: string): text is Cid {
  if (text.length !== CID_LENGTH) return false;
  try {
    const cid = CID.parse(text, base32);
    const { code, size } = cid.multihash;
    const isOurs = cid.version === 1 && cid.code === raw.code && code === SHA2_256 && size === SHA2_256_BYTES;
    return isOurs && cid.toString(base32) === text;
  } catch {
    return false;
  }
}
