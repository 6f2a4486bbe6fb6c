/** Where a URL that a stranger chose leads: the addresses to connect to, if each of them is on the public internet. */

import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isPublicAddress } from "./address.ts";

export interface DestinationOptions {
  /** Also calls `http://127.0.0.1`: for a stack on one machine. @default false */
  readonly loopback?: boolean;
  /** Every address of a host. @default the system's resolver */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

/** At least one address. */
export type Destination = readonly [LookupAddress, ...LookupAddress[]];

/** `address_refused`: not https on its own port, or an address that is not public. */
export type NoDestination = "address_refused" | "unresolved" | "timeout";

const systemResolver = (hostname: string) => lookup(hostname, { all: true, verbatim: true });

export async function destinationOf(
  url: URL,
  { loopback = false, resolve = systemResolver }: DestinationOptions,
  deadline: AbortSignal,
): Promise<Destination | NoDestination> {
  const { protocol, hostname, port } = url;
  if (loopback && protocol === "http:" && hostname === "127.0.0.1") return [{ address: hostname, family: 4 }];
  if (protocol !== "https:" || port !== "") return "address_refused";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(host);
  const found = family === 0 ? await resolved(host, resolve, deadline) : [{ address: host, family }];
  if (typeof found === "string") return found;
  const [first, ...others] = found;
  if (first === undefined) return "unresolved";
  return found.every(({ address }) => isPublicAddress(address)) ? [first, ...others] : "address_refused";
}

async function resolved(
  host: string,
  resolve: NonNullable<DestinationOptions["resolve"]>,
  deadline: AbortSignal,
): Promise<readonly LookupAddress[] | NoDestination> {
  // The resolver knows of no deadline.
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(deadline.reason), { once: true });
  });
  try {
    return await Promise.race([resolve(host), late]);
  } catch {
    return deadline.aborted ? "timeout" : "unresolved";
  }
}
