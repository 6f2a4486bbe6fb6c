/** Where a buyer wants to be told of an order. */

import type { TextRule } from "./rules.ts";

/** Characters. */
const MAX_WEBHOOK_URL = 512;

/**
 * An https URL on its own port, in the characters that a URL is written in. Plain http only on loopback, where the
 * origin calls nobody unless it is set up on this machine: whatever the text says, it is the address behind it that the
 * origin looks at before it calls.
 */
export const webhookUrl: TextRule<string> = {
  parse: (text) => (isWebhookUrl(text) ? text : undefined),
  expected: `expected an https URL on port 443 without credentials or fragment, at most ${MAX_WEBHOOK_URL} characters`,
};

function isWebhookUrl(text: string): boolean {
  if (text.length > MAX_WEBHOOK_URL || !/^[\x21-\x7e]+$/.test(text)) return false;
  if (text.includes("#") || !URL.canParse(text)) return false;
  const { protocol, hostname, port, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" ? port === "" : protocol === "http:" && hostname === "127.0.0.1";
}
