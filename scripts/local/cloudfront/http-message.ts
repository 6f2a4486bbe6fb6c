/** Small pieces of HTTP/1.1 that both emulators need: header fields in order, bodies, base64. */

/** One header line. Repeated headers are several fields, in the order and the spelling they were sent. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** Turns Node's flat `[name, value, name, value, …]` into fields. */
export function headerFields(rawHeaders: readonly string[]): HeaderField[] {
  const fields: HeaderField[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    fields.push({ name: rawHeaders[index] ?? "", value: rawHeaders[index + 1] ?? "" });
  }
  return fields;
}

/** The inverse of {@link headerFields}: the only form in which Node sends repeated headers as they are. */
export function rawHeaders(fields: readonly HeaderField[]): string[] {
  return fields.flatMap(({ name, value }) => [name, value]);
}

/** Bytes on the wire of header lines, each with its colon, space and line end. */
export function fieldBytes(fields: readonly HeaderField[]): number {
  const separators = ": \r\n".length;
  return fields.reduce((sum, { name, value }) => sum + name.length + value.length + separators, 0);
}

/** The values of one header. `name` is lowercase. */
export function valuesOf(fields: readonly HeaderField[], name: string): string[] {
  return fields.filter((field) => field.name.toLowerCase() === name).map((field) => field.value);
}

/** RFC 9110 token. */
export function isHeaderName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name);
}

/** A header value Node can write: no control characters but tab, nothing beyond one byte a character. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** False for the statuses that have no body at all. */
export function hasBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

/** `Content-Length` for a body of `bytes`, where there is one. */
export function contentLengthField(status: number, bytes: number): HeaderField[] {
  return hasBody(status) ? [{ name: "Content-Length", value: String(bytes) }] : [];
}

/**
 * Reads a whole body, or null when it is over `maxBytes`. An over-long body is still read to its end: closing
 * the connection on a client that is writing would lose the answer.
 *
 * @throws when the sender goes away half-way
 */
export async function readBody(message: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of message) {
    total += chunk.byteLength;
    if (total <= maxBytes) chunks.push(chunk);
  }
  return total <= maxBytes ? Buffer.concat(chunks) : null;
}

/** Strict, padded base64, or null. Node's own decoder skips what it does not understand. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

/** The text of `bytes` when they are UTF-8, byte-order mark included, else null. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
