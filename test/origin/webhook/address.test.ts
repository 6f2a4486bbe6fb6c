/** Only what is on the public internet is public: no neighbour of ours is, in whatever notation it stands. */

import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPublicAddress } from "../../../origin/webhook/address.ts";
import { anyText } from "../../builders/arbitrary.ts";

describe("is refused:", () => {
  test.each([
    ["unspecified", "0.0.0.0"],
    ["this network", "0.1.2.3"],
    ["private", "10.0.0.1"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.0.1"],
    ["shared by carriers", "100.64.0.1"],
    ["shared by carriers", "100.127.255.255"],
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["a cloud's credentials", "169.254.169.254"],
    ["a task's credentials", "169.254.170.2"],
    ["protocol assignments", "192.0.0.8"],
    ["documentation", "192.0.2.1"],
    ["documentation", "198.51.100.1"],
    ["documentation", "203.0.113.1"],
    ["a 6to4 relay", "192.88.99.1"],
    ["a benchmark's", "198.18.0.1"],
    ["a benchmark's", "198.19.255.255"],
    ["multicast", "224.0.0.1"],
    ["multicast", "239.255.255.255"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["mapped", "::ffff:8.8.8.8"],
    ["mapped loopback", "::ffff:127.0.0.1"],
    ["mapped in hex", "::ffff:7f00:1"],
    ["compatible", "::127.0.0.1"],
    ["translated", "::ffff:0:127.0.0.1"],
    ["NAT64", "64:ff9b::7f00:1"],
    ["NAT64", "64:ff9b::8.8.8.8"],
    ["a local NAT64's", "64:ff9b:1::1"],
    ["discarded", "100::1"],
    ["Teredo", "2001::1"],
    ["a benchmark's", "2001:2::1"],
    ["an overlay's", "2001:20::1"],
    ["documentation", "2001:db8::1"],
    ["documentation", "3fff::1"],
    ["6to4", "2002:7f00:1::"],
    ["segment routing", "5f00::1"],
    ["unique local", "fc00::1"],
    ["a cloud's credentials", "fd00:ec2::254"],
    ["link-local", "fe80::1"],
    ["link-local with a zone", "fe80::1%eth0"],
    ["public with a zone", "2606:4700::1111%lo"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
    ["decimal", "2130706433"],
    ["hex", "0x7f000001"],
    ["octal", "0177.0.0.1"],
    ["short", "127.1"],
    ["in brackets", "[2606:4700::1111]"],
    ["a name", "localhost"],
    ["nothing", ""],
  ])("%s, %s", (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

test.each([
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2a00:1450:4001:80e::200e",
  "2001:4860:4860::8888",
  "2400:cb00::1",
])("is public: %s", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test("no IPv4 address becomes public by being written as an IPv6 one", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, octet, (...octets) => {
      const [a, b, c, d] = octets.map((each) => each.toString(16).padStart(2, "0"));
      const dotted = octets.join(".");
      for (const address of [
        `::ffff:${dotted}`,
        `::ffff:${a}${b}:${c}${d}`,
        `0:0:0:0:0:FFFF:${a}${b}:${c}${d}`,
        `::${dotted}`,
        `64:ff9b::${dotted}`,
        `2002:${a}${b}:${c}${d}::1`,
        `2001:0:${a}${b}:${c}${d}::1`,
      ]) {
        expect(isPublicAddress(address), address).toBe(false);
      }
    }),
  );
});

test("private networks are refused as a whole, and nothing but an address is public", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, octet, fc.constantFrom("10", "127", "0"), (b, c, d, a) => {
      expect(isPublicAddress(`${a}.${b}.${c}.${d}`)).toBe(false);
      expect(isPublicAddress(`192.168.${c}.${d}`)).toBe(false);
      expect(isPublicAddress(`${224 + (b % 32)}.${b}.${c}.${d}`)).toBe(false);
    }),
  );
  fc.assert(
    fc.property(fc.oneof(anyText, fc.domain(), fc.webUrl()), (text) => {
      fc.pre(isIP(text) === 0);
      expect(isPublicAddress(text)).toBe(false);
    }),
  );
});
