/** The merchant's file: what the functions read, and how they are deployed, with every fault named. */

import { describe, expect, test } from "vitest";
import { ConfigError } from "../../protocol/config.ts";
import { defineConfig, parseMerchant } from "../../protocol/merchant.ts";
import { configInput } from "../builders/config.ts";

function faultsWith(deploy: unknown, change: Record<string, unknown> = {}): readonly string[] {
  try {
    parseMerchant({ ...configInput(), ...change, deploy });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("the merchant's file", () => {
  test("needs to say nothing of how it is deployed", () => {
    const { deployment } = parseMerchant(configInput());
    expect(deployment).toMatchObject({ name: "edge402", originRegion: "us-east-1", secrets: "inline" });
    expect(deployment.edge).toEqual({ memoryMb: 128, timeoutSeconds: 5, maxCodeKib: 1_024 });
  });

  test("keeps the deployment out of what goes into a bundle", () => {
    const { input } = parseMerchant(defineConfig({ ...configInput(), deploy: { name: "shop" } }));
    expect(input).toEqual(configInput());
  });

  test.each([
    [{ originRegion: "Frankfurt" }, "deploy.originRegion"],
    [{ name: "Shop" }, "deploy.name"],
    [{ secrets: "environment" }, "deploy.secrets"],
    [{ edge: { memoryMb: 64 } }, "deploy.edge.memoryMb"],
    [
      { domain: { name: "shop.example.org", certificateArn: "arn:aws:acm:*" } },
      "deploy.domain.certificateArn",
    ],
    [
      {
        domain: {
          name: "Shop.example.org",
          certificateArn: "arn:aws:acm:us-east-1:111122223333:certificate/a",
        },
      },
      "deploy.domain.name",
    ],
    [{ alarmEmail: "nobody" }, "deploy.alarmEmail"],
    [{ supplierUrl: "http://supplier.example.org" }, "deploy.supplierUrl"],
    [{ requestsPerFiveMinutes: 1_000.5 }, "deploy.requestsPerFiveMinutes"],
    [{ removalPolicy: "destroy" }, "deploy.removalPolicy"],
  ])("names the fault in %j", (deploy, path) => {
    expect(faultsWith(deploy)).toEqual([expect.stringContaining(`${path}: `)]);
  });

  test("names the faults of both halves at once", () => {
    const faults = faultsWith({ name: "" }, { serviceName: "" });
    expect(faults.map((fault) => fault.split(":")[0])).toEqual(["serviceName", "deploy.name"]);
  });

  test.each([null, "config", 402])("refuses %j", (merchant) => {
    expect(() => parseMerchant(merchant)).toThrow(ConfigError);
  });
});
