/** Clients of the real SDK for the local services, and their end after each test. */

import { afterEach } from "vitest";
import { localCredentials } from "../../../scripts/local/aws/credentials.ts";

export const REGION = "eu-central-1";

const open: { close(): Promise<void> | void }[] = [];

afterEach(async () => {
  for (const opened of open.splice(0).reverse()) await opened.close();
});

/** Closes it after the test. */
export function opened<Closable extends { close(): Promise<void> | void }>(closable: Closable): Closable {
  open.push(closable);
  return closable;
}

/** One attempt: a test wants to see the first answer. */
export function clientOptions(endpoint: string) {
  return { endpoint, region: REGION, credentials: localCredentials, maxAttempts: 1 };
}

/** The client, which lets go of its sockets after the test. */
export function client<Client extends { destroy(): void }>(made: Client): Client {
  open.push({ close: () => made.destroy() });
  return made;
}
