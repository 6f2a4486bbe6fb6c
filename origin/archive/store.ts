/**
 * The archive over write-once objects.
 *
 * There is no object that says where the head is: it would have to be overwritten. The chain is a row of links that
 * are written once each, and the head is the last of them; so a place in the chain can't be given twice.
 */

import { MAX_BATCH_BYTES } from "./batch.ts";
import { type Cid, cidOf } from "./cid.ts";
import { batchName, CHAIN, decodeLink, encodeLink, linkName, linkNamed, MAX_LINK_BYTES } from "./layout.ts";
import { ArchiveCorruptError, type ArchiveStore, type WriteOnceObjects } from "./port.ts";

export function createArchive(objects: WriteOnceObjects): ArchiveStore {
  async function get(cid: Cid): Promise<Uint8Array | undefined> {
    const bytes = await objects.read(batchName(cid), MAX_BATCH_BYTES);
    if (bytes !== undefined && cidOf(bytes) !== cid) {
      throw new ArchiveCorruptError(`${batchName(cid)} is not what its name says`);
    }
    return bytes;
  }

  async function linkAt(sequence: number): Promise<Cid> {
    const bytes = await objects.read(linkName(sequence), MAX_LINK_BYTES);
    const cid = bytes === undefined ? undefined : decodeLink(bytes);
    if (cid === undefined) throw new ArchiveCorruptError(`${linkName(sequence)} names no batch`);
    return cid;
  }

  return {
    get,

    async put(cid, bytes) {
      if (cidOf(bytes) !== cid) throw new Error("a batch was given another's CID");
      const result = await objects.create(batchName(cid), bytes);
      // A name that exists proves nothing: whoever may write could have taken it for other bytes.
      if (result === "exists") await get(cid);
      return result;
    },

    async link(sequence, cid) {
      if ((await objects.create(linkName(sequence), encodeLink(cid))) === "written") return "linked";
      return (await linkAt(sequence)) === cid ? "linked" : "taken";
    },

    async head() {
      let last: number | undefined;
      for await (const name of objects.list(CHAIN)) last = linkNamed(name) ?? last;
      return last === undefined ? null : { sequence: last, cid: await linkAt(last) };
    },
  };
}
