/** What there is in an archive: the links of its chain, and the batches that no link names. */

import type { Cid } from "./cid.ts";
import type { Finding } from "./finding.ts";
import { BATCHES, batchNamed, CHAIN, decodeLink, linkName, linkNamed, MAX_LINK_BYTES } from "./layout.ts";
import type { ObjectReader } from "./port.ts";

export interface Inventory {
  /** Which batch has which place, ascending. A link that can't be read is not here. */
  readonly links: ReadonlyMap<number, Cid>;
  /** The highest place that has a link, readable or not; 0 in an empty chain. */
  readonly lastSequence: number;
  readonly unlinked: readonly Cid[];
  readonly findings: readonly Finding[];
}

/** @throws ArchiveUnavailableError */
export async function takeInventory(reader: ObjectReader): Promise<Inventory> {
  const findings: Finding[] = [];
  const note = (kind: Finding["kind"], object: string, batch: number | null, detail: string) =>
    findings.push({ kind, object, batch, line: null, order: null, detail });

  // Batches before links: what an exporter links meanwhile is then no batch without a link.
  const batches: Cid[] = [];
  for await (const name of reader.list(BATCHES)) {
    const cid = batchNamed(name);
    if (cid === undefined) note("object_foreign", name, null, "its name is not a batch's");
    else batches.push(cid);
  }

  const links = new Map<number, Cid>();
  let lastSequence = 0;
  for await (const name of reader.list(CHAIN)) {
    const sequence = linkNamed(name);
    if (sequence === undefined) {
      note("object_foreign", name, null, "its name is not a link's");
      continue;
    }
    const firstMissing = lastSequence + 1;
    if (sequence > firstMissing) {
      note(
        "link_missing",
        linkName(firstMissing),
        firstMissing,
        `links ${firstMissing} to ${sequence - 1} are not there`,
      );
    }
    lastSequence = sequence;
    const bytes = await reader.read(name, MAX_LINK_BYTES);
    const cid = bytes === undefined ? undefined : decodeLink(bytes);
    if (cid === undefined) note("link_malformed", name, sequence, "it does not name a batch");
    else links.set(sequence, cid);
  }

  const linked = new Set(links.values());
  return { links, lastSequence, unlinked: batches.filter((cid) => !linked.has(cid)), findings };
}
