/** What a check of the archive may find wrong: a closed set of kinds, each with its place. */

export type FindingKind =
  /** There is no chain, so nothing is proven. */
  | "chain_empty"
  | "link_missing"
  | "link_malformed"
  /** An object whose name is neither a batch's nor a link's. */
  | "object_foreign"
  | "batch_missing"
  /** Its bytes are not those that its CID names. */
  | "batch_altered"
  | "batch_malformed"
  | "sequence_wrong"
  | "previous_wrong"
  /** Newer than the head. The exporter stopped before it was linked and has not come again, or its link was removed. */
  | "batch_unlinked"
  /** A record of an unlinked batch that the chain does not have. */
  | "record_lost"
  /** The given CID is nowhere in the chain: the chain was cut, or it is another one. */
  | "head_missing"
  /** The purchase's own hash chain does not hold. */
  | "ledger_broken"
  /** A fact is not what the order id or the ledger says. */
  | "facts_wrong"
  | "state_wrong"
  /** The ledger of an earlier batch is not the beginning of this one. */
  | "history_rewritten"
  /** A fact that never changes is not what an earlier batch says. */
  | "facts_changed";

export interface Finding {
  readonly kind: FindingKind;
  /** The object's name, or null where the finding is about the whole chain. */
  readonly object: string | null;
  /** The batch's place in the chain, where it has one. */
  readonly batch: number | null;
  /** The line in the batch, from 1. */
  readonly line: number | null;
  readonly order: string | null;
  /** A short phrase for a person. May quote what was found, and so hold anything. */
  readonly detail: string;
}

/** What is wrong with one record. */
export type RecordFault = Pick<Finding, "detail"> & {
  readonly kind: Extract<
    FindingKind,
    "ledger_broken" | "facts_wrong" | "state_wrong" | "history_rewritten" | "facts_changed" | "record_lost"
  >;
};
