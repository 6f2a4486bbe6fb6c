/** Strict decoding of hostile text: base64 that has one spelling, UTF-8 without repairs, JSON without repeated keys. */

/**
 * Standard base64 with padding, in its one canonical spelling: as it is written again. An empty text is none.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  return decode(text, "base64");
}

/** Base64url without padding, in its one canonical spelling. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  return decode(text, "base64url");
}

function decode(text: string, alphabet: "base64" | "base64url"): Uint8Array | undefined {
  const bytes = Buffer.from(text, alphabet);
  return text !== "" && bytes.toString(alphabet) === text ? bytes : undefined;
}

export function encodeBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** Undefined for what is no UTF-8. Written back and compared, since a `TextDecoder` takes a cold process longer to make. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = given.toString("utf8");
  return given.equals(Buffer.from(text, "utf8")) ? text : undefined;
}

/**
 * Parses JSON and refuses an object that names one key twice: parsers disagree on which of the two counts, and what
 * is priced here must be what is delivered elsewhere.
 */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return repeatsKey(text) ? undefined : { value };
  } catch {
    return undefined;
  }
}

/** JSON in UTF-8 bytes, under the rules of `parseJson`. */
export function parseJsonBytes(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const text = decodeUtf8(bytes);
  return text === undefined ? undefined : parseJson(text);
}

/** Walks text that is known to be valid JSON. A string is a key when a colon follows it. */
function repeatsKey(json: string): boolean {
  const objects: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === "{") objects.push(new Set());
    else if (character === "}") objects.pop();
    if (character !== '"') continue;
    const start = at;
    at = endOfString(json, start);
    if (!isColonNext(json, at)) continue;
    const quoted = json.slice(start, at + 1);
    const key: unknown = quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
    const keys = objects.at(-1);
    if (keys === undefined || typeof key !== "string" || keys.has(key)) return true;
    keys.add(key);
  }
  return false;
}

/** Where the quote is that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

/** After an odd number of backslashes: of each two, the first escapes the second. */
function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

function isColonNext(json: string, end: number): boolean {
  let next = end + 1;
  while (json[next] === " " || json[next] === "\n" || json[next] === "\r" || json[next] === "\t") next++;
  return json[next] === ":";
}
