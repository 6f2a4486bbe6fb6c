/** The XML that S3 answers with. */

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

export function errorXml(code: string, message: string): string {
  return document(element("Error", element("Code", text(code)), element("Message", text(message))));
}

export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly keys: readonly string[];
  readonly nextToken: string | undefined;
}

export function listXml({ bucket, prefix, keys, nextToken }: Listing): string {
  const parts = [
    element("Name", text(bucket)),
    element("Prefix", text(prefix)),
    element("KeyCount", String(keys.length)),
    element("IsTruncated", String(nextToken !== undefined)),
    ...(nextToken === undefined ? [] : [element("NextContinuationToken", text(nextToken))]),
    ...keys.map((key) => element("Contents", element("Key", text(key)))),
  ];
  return document(`<ListBucketResult xmlns="${NAMESPACE}">${parts.join("")}</ListBucketResult>`);
}

function document(root: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
}

function element(name: string, ...content: readonly string[]): string {
  return `<${name}>${content.join("")}</${name}>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function text(raw: string): string {
  return raw.replace(/[&<>]/g, (character) => entities[character] ?? character);
}
