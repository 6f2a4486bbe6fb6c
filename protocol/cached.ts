/** A value that is loaded when it is first needed, kept for a while, and never lost to a failed reload. */

export interface Cached<Value> {
  /** The value, no older than its time unless it can't be loaded anew. Rejects while there is none. */
  get(): Promise<Value>;
  /** Loads it anew before its time, unless that was tried a moment ago. Rejects while there is none. */
  refresh(): Promise<Value>;
}

export interface CachedOptions<Value> {
  readonly load: () => Promise<Value>;
  readonly ttlMs: number;
  /** For how long nothing is loaded again where an older value can stand in. Milliseconds. */
  readonly pauseMs: number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A failure is never kept: without a value the next call tries again. Calls at the same time share one load. */
export function cached<Value>({ load, ttlMs, pauseMs, now }: CachedOptions<Value>): Cached<Value> {
  let kept: { readonly value: Value; readonly loadedAt: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<Value> | undefined;

  async function reload(): Promise<Value> {
    triedAt = now();
    try {
      const value = await load();
      kept = { value, loadedAt: triedAt };
      return value;
    } catch (error) {
      if (kept === undefined) throw error;
      return kept.value;
    } finally {
      loading = undefined;
    }
  }

  function share(): Promise<Value> {
    loading ??= reload();
    return loading;
  }

  return {
    async get() {
      if (kept === undefined) return share();
      const isFresh = now() - kept.loadedAt < ttlMs || now() - triedAt < pauseMs;
      return isFresh ? kept.value : share();
    },
    async refresh() {
      return kept !== undefined && now() - triedAt < pauseMs ? kept.value : share();
    },
  };
}
