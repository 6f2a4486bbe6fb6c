/** Remembers which of the supplier's notifications came already: the supplier sends one again until it is answered. */
export interface Notices {
  /**
   * Whether this is the first time. One conditional write; it is forgotten after a week.
   * @throws StoreUnavailableError
   */
  isNew(notifyId: string): Promise<boolean>;
}
