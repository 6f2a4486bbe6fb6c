/**
 * The states of a purchase, what each may become, by which change, and who may make it. One table; the types of
 * everything that changes a purchase are computed from it, so an impossible transition does not compile.
 *
 * Where the edge settles: `settling` → `settled` → `ordered` → `delivered`.
 * Where the origin settles: `reserved` → `securing` → `secured` → `delivered`; nothing is taken before `secured`.
 * Money that can't be earned, all or part of it: `refund_due` → `refunding` → `refunded`, with `refund_blocked` while the
 * wallet is empty.
 * What the owner gives back: `delivered` or `refunded` → `returning` → `refund_due`, or back where it came from.
 */

/**
 * - `driver`: whoever moves the purchase on: the buyer's own request, a poll, the sweeper.
 * - `reconciler`: whoever compares the chain with the table.
 * - `gateway`: whoever has its word that it settled the payment.
 * - `owner`: whoever may open the order.
 */
export type Actor = "driver" | "reconciler" | "gateway" | "owner";

export const transitions = {
  /** Claimed; whether the money came is not known yet. */
  settling: {
    settled: { to: "settled", by: ["driver"] },
    voided: { to: "void", by: ["driver"] },
  },
  /** The money is ours, nothing is ordered. */
  settled: {
    ordered: { to: "ordered", by: ["driver"] },
    delivered: { to: "delivered", by: ["driver"] },
    partly_delivered: { to: "refund_due", by: ["driver"] },
    failed: { to: "refund_due", by: ["driver", "reconciler"] },
  },
  /** The supplier was asked, the profile is not here yet. */
  ordered: {
    ordered: { to: "ordered", by: ["driver"] },
    delivered: { to: "delivered", by: ["driver"] },
    partly_delivered: { to: "refund_due", by: ["driver"] },
    failed: { to: "refund_due", by: ["driver"] },
  },
  /** Claimed; the payment is valid and has been handed to nobody. */
  reserved: {
    ordered: { to: "securing", by: ["driver"] },
    secured: { to: "secured", by: ["driver"] },
    dropped: { to: "void", by: ["driver"] },
  },
  /** The supplier was asked; the payment has been handed to nobody. */
  securing: {
    ordered: { to: "securing", by: ["driver"] },
    secured: { to: "secured", by: ["driver"] },
    dropped: { to: "void", by: ["driver"] },
  },
  /** The goods are in the item, unseen; the payment is being settled. */
  secured: {
    earned: { to: "delivered", by: ["driver"] },
    partly_earned: { to: "refund_due", by: ["driver"] },
    voided: { to: "void", by: ["driver"] },
  },
  /** The buyer has, or may have, the goods. */
  delivered: {
    chosen: { to: "delivered", by: ["driver"] },
    choice_lapsed: { to: "delivered", by: ["driver"] },
    released: { to: "delivered", by: ["driver"] },
    suspended: { to: "delivered", by: ["driver"] },
    return_asked: { to: "returning", by: ["owner"] },
    notified: { to: "delivered", by: ["driver"] },
    unheard: { to: "delivered", by: ["driver"] },
  },
  /** The supplier is asked to take eSIMs back, which it can't undo. */
  returning: {
    part_returned: { to: "returning", by: ["driver"] },
    returned: { to: "refund_due", by: ["driver"] },
    /** It took none. */
    kept: { to: "delivered", by: ["driver"] },
    /** Likewise, of an order of which a part was refunded before. */
    kept_rest: { to: "refunded", by: ["driver"] },
  },
  /** Nothing was taken. A transfer that lands all the same is given back. */
  void: {
    landed_late: { to: "refund_due", by: ["reconciler", "gateway"] },
    released: { to: "void", by: ["driver"] },
    notified: { to: "void", by: ["driver"] },
    unheard: { to: "void", by: ["driver"] },
  },
  /** Money of the buyer's that we have not earned. */
  refund_due: {
    refund_signed: { to: "refunding", by: ["driver"] },
    refund_blocked: { to: "refund_blocked", by: ["driver"] },
    released: { to: "refund_due", by: ["driver"] },
  },
  /** The refund wallet lacks the money, or can't sign; it is tried again. */
  refund_blocked: {
    refund_signed: { to: "refunding", by: ["driver"] },
    released: { to: "refund_blocked", by: ["driver"] },
  },
  /** A signed refund is recorded, and may be on chain. */
  refunding: {
    refunded: { to: "refunded", by: ["driver"] },
    refund_lapsed: { to: "refund_due", by: ["driver"] },
    released: { to: "refunding", by: ["driver"] },
  },
  /** The refund is confirmed on chain. */
  refunded: {
    released: { to: "refunded", by: ["driver"] },
    return_asked: { to: "returning", by: ["owner"] },
    notified: { to: "refunded", by: ["driver"] },
    unheard: { to: "refunded", by: ["driver"] },
  },
} as const satisfies Record<string, Record<string, { readonly to: string; readonly by: readonly Actor[] }>>;

type Table = typeof transitions;

export type PurchaseState = keyof Table;

export const purchaseStates: readonly PurchaseState[] = Object.keys(transitions).filter(isPurchaseState);

export function isPurchaseState(text: string): text is PurchaseState {
  return Object.hasOwn(transitions, text);
}

/** The names of the changes that an actor may make to a purchase in one state. */
type NameIn<State extends PurchaseState, By extends Actor> = {
  [Name in keyof Table[State]]: Table[State][Name] extends { readonly by: readonly (infer Allowed)[] }
    ? By extends Allowed
      ? Name
      : never
    : never;
}[keyof Table[State]];

type AnyName<By extends Actor> = { [State in PurchaseState]: NameIn<State, By> }[PurchaseState];

/** The states in which an actor may make a change. */
type StateWith<Name, By extends Actor> = {
  [State in PurchaseState]: Name extends NameIn<State, By> ? State : never;
}[PurchaseState];

/**
 * The names of the changes that an actor may make to a purchase in a state. Where the state may be one of several,
 * only what all of them allow.
 */
export type ChangeName<State extends PurchaseState, By extends Actor> = {
  [Name in AnyName<By>]: [State] extends [StateWith<Name, By>] ? Name : never;
}[AnyName<By>];

/** What a change makes of a state, or undefined where the table has no such transition. */
export function nextState(state: PurchaseState, change: string): PurchaseState | undefined {
  const row: Readonly<Record<string, { readonly to: PurchaseState }>> = transitions[state];
  return Object.hasOwn(row, change) ? row[change]?.to : undefined;
}
