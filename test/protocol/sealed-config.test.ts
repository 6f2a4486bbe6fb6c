/** The configuration that is built into the edge's bundles: what comes out of one is what synth parsed. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import sample from "../../edge402.sample.config.ts";
import { type Config, type ConfigInput, parseConfig } from "../../protocol/config.ts";
import { checksumAddress } from "../../protocol/hex.ts";
import { chains } from "../../protocol/network.ts";
import { reviveConfig, sealConfig } from "../../protocol/sealed-config.ts";
import { anyAddress } from "../builders/arbitrary.ts";
import { acceptedInput, buildConfig, configInput } from "../builders/config.ts";

const revived = (config: Config) => reviveConfig(sealConfig(config));

describe("a configuration that was sealed and revived is the same:", () => {
  test("the smallest", () => {
    expect(revived(buildConfig())).toEqual(buildConfig());
  });

  test("the sample, with metered data", () => {
    const { deploy: _, ...input } = sample;
    const config = parseConfig(input);
    expect(config.catalog.metered).toBeDefined();
    expect(revived(config)).toEqual(config);
  });

  test.each(chains)("on %s, whose network is the very one that the code knows", (chain) => {
    const config = buildConfig({ networks: [acceptedInput(chain)] });
    expect(revived(config).networks[0]?.chain).toBe(config.networks[0]?.chain);
  });

  test("with any recipient, price, name and text", () => {
    const price = fc.bigInt({ min: 1n, max: 999_999_999_999n }).map((units) => {
      const digits = units.toString().padStart(7, "0");
      return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
    });
    fc.assert(
      fc.property(anyAddress, price, fc.string({ minLength: 1 }), (payTo, price, text) => {
        const input: ConfigInput = configInput({
          networks: [{ ...acceptedInput("base"), payTo }],
          catalog: {
            plans: {},
            resources: { "/report": { price, description: text, mimeType: "text/plain" } },
          },
        });
        let config: Config;
        try {
          config = parseConfig(input);
        } catch {
          return;
        }
        expect(revived(config)).toEqual(config);
      }),
    );
  });
});

test("is plain JSON, in which recipients are checksummed, and whatever JSON can't hold is marked", () => {
  const config = buildConfig();
  const sealed: unknown = JSON.parse(sealConfig(config));
  const [accepted] = config.networks;
  expect(sealed).toMatchObject({
    networks: [{ chain: "\u0000nbase", payTo: accepted && `\u0000a${checksumAddress(accepted.payTo)}` }],
    catalog: { resources: { "/report": { price: "\u0000u3000" } } },
  });
});

test("is not made of a configuration with a text that would come back as something else", () => {
  const config = buildConfig();
  for (const publicUrl of ["\u0000u1", "\u0000nbase", "\u0000"]) {
    expect(() => sealConfig({ ...config, publicUrl })).toThrow(RangeError);
  }
  expect(revived({ ...config, publicUrl: "u\u0000u1" }).publicUrl).toBe("u\u0000u1");
});
