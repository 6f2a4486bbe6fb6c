/**
 * Which addresses are on the public internet. A buyer names where the origin is to call, so everything that could be a
 * neighbour of ours, or lead to one, is refused: private and shared networks, loopback, link-local (where clouds keep
 * their credentials), multicast, what is reserved, and IPv6 addresses that stand for an IPv4 one. Pure.
 *
 * From IANA's registries of special-purpose addresses.
 */

import { BlockList, isIP } from "node:net";

const SPECIAL_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Public IPv6 addresses are here alone; mapped IPv4, NAT64, unique local and link-local addresses are not. */
const GLOBAL_V6 = ["2000::/3"];

/** And not here: protocol assignments with Teredo, documentation, 6to4, a private enterprise's name service. */
const SPECIAL_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];

const specialV4 = blockList("ipv4", SPECIAL_V4);
const globalV6 = blockList("ipv6", GLOBAL_V6);
const specialV6 = blockList("ipv6", SPECIAL_V6);

/** @param address as a resolver gives it, without brackets; anything that is no address is not public */
export function isPublicAddress(address: string): boolean {
  // A zone names one of our own interfaces.
  if (address.includes("%")) return false;
  switch (isIP(address)) {
    case 4:
      return !specialV4.check(address, "ipv4");
    case 6:
      return globalV6.check(address, "ipv6") && !specialV6.check(address, "ipv6");
    default:
      return false;
  }
}

function blockList(family: "ipv4" | "ipv6", networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [start = "", bits = ""] = network.split("/");
    list.addSubnet(start, Number(bits), family);
  }
  return list;
}
