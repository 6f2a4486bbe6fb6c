/** Allotments in the table. */

import type { Allotment, Draw } from "./allotment.ts";

/** Every method throws StoreUnavailableError. */
export interface AllotmentStore {
  /** Writes one that is not there yet. Nothing is drawn before its order is delivered. @param expiresAt Unix milliseconds */
  open(orderId: string, expiresAt: number): Promise<void>;
  get(orderId: string): Promise<Allotment | undefined>;
  /**
   * Adds a draw, unless its device has drawn, `limit` are drawn, or it is expired or closed: one atomic write, so of any
   * that come at once each is added whole or not at all.
   *
   * @returns the allotment as it is afterwards
   */
  draw(orderId: string, draw: Draw, limit: number): Promise<{ added: boolean; allotment: Allotment }>;
  /** Ends the drawing; again changes nothing. Until `finished` it is `due`. @returns it as it is afterwards */
  close(orderId: string, now: number): Promise<Allotment>;
  /** Nothing is left to do for anybody. */
  finished(orderId: string): Promise<void>;
  /** @param dueAt Unix milliseconds */
  putOff(orderId: string, dueAt: number): Promise<void>;
  /** The orders of those that are expired or closed and not finished. */
  due(now: number, limit: number): Promise<readonly string[]>;
}
