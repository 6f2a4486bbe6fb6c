/**
 * Reads a fetch answer's body under a size cap and a deadline.
 *
 * The signal that fetch was given does not end a body that stalls once the request object is garbage collected (undici
 * links the two weakly), so the deadline is kept here as well.
 */

/** The body, or undefined when it is longer than `maxBytes`. @throws the signal's reason when it aborts */
export async function readBody(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await Promise.race([reader.read(), aborted]);
      if (done) return Buffer.concat(chunks);
      length += value.byteLength;
      if (length > maxBytes) return undefined;
      chunks.push(value);
    }
  } finally {
    // Ends the connection of an answer that was not read to its end; what was read to its end has nothing to end.
    void reader.cancel().catch(() => undefined);
  }
}
