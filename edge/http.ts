/** Requests and answers as the flow sees them: no event shapes, no host. */

export interface GateRequest {
  readonly method: string;
  /** As the viewer sent it, percent-encoding and all. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** By lower-case name; a repeated header has several values. */
  readonly headers: Pick<ReadonlyMap<string, readonly string[]>, "get" | "has">;
  /** The viewer's own address. */
  readonly clientIp: string;
  /** Null when the host could not hand over the whole body. */
  readonly body: Uint8Array | null;
}

export type GateResult = Respond | Forward;

export interface Respond {
  readonly kind: "respond";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Forward {
  readonly kind: "forward";
  /** Canonical; the origin is asked for exactly this. */
  readonly path: string;
  readonly query: string;
  /** Everything else the viewer sent goes along, except what `isStripped` names. */
  readonly setHeaders: Readonly<Record<string, string>>;
}

/** The header's one value; undefined when it is absent, "repeated" when it stands there more than once. */
export function single(
  headers: GateRequest["headers"],
  name: string,
): string | undefined | { readonly repeated: true } {
  const values = headers.get(name);
  if (values === undefined || values.length === 0) return undefined;
  return values.length === 1 ? values[0] : { repeated: true };
}
