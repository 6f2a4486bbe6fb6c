/** The bodies that ask for eSIMs and for more data are read as the schemas read them. */

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import sample from "../../../edge402.sample.config.ts";
import { MAX_BATCH_BODY, MAX_BODY } from "../../../protocol/activation.ts";
import { parseMerchant } from "../../../protocol/merchant.ts";
import { meteredName } from "../../../protocol/metered-name.ts";
import { networks } from "../../../protocol/network.ts";
import { type OpenOffer, offerFor } from "../../../protocol/offer.ts";
import { readTopUp } from "../../../protocol/top-up-request.ts";
import type { Json } from "../../builders/payment.ts";
import { expectAgreement, REFUSED } from "./agreement.ts";
import * as schemas from "./schemas.ts";

const { catalog } = parseMerchant(sample).config;
const EID = "89049032123451234512345678901235";

/** Unsold: read, but nothing in the catalog. */
const UNSOLD = "unsold";

describe("the body of", () => {
  const order = { chain: "base", webhook_url: "https://agent.example/hook" };
  const plan = { plan: "us-7day", device_id: "drone-47", eid: EID };
  const metered = { region: "us-west", data_mb: 100, carrier: "verizon" };

  interface Item {
    readonly plan?: string | undefined;
    readonly region?: string | undefined;
    readonly data_mb?: number | undefined;
    readonly carrier?: string | undefined;
    readonly device_id?: string | undefined;
    readonly eid?: string | undefined;
  }

  function shown({ plan: name, region = "", data_mb: dataMb = 0, carrier, device_id, eid }: Item) {
    const metered = meteredName({ region, dataMb, carrier: carrier ?? null });
    return { plan: name ?? metered, deviceId: device_id ?? null, eid };
  }

  const limits = { esim_activate: MAX_BODY, esim_batch: MAX_BATCH_BODY, esim_allotment: MAX_BODY };
  type Name = keyof typeof limits;

  function read(name: Name, json: Json): OpenOffer | string {
    const body = Buffer.from(JSON.stringify(json));
    const offer = offerFor(catalog, Object.values(networks), { kind: "priced", name }, { query: "", body });
    if (offer.ok) return offer.value;
    return ["body_invalid", "body_too_large"].includes(offer.reason.code) ? REFUSED : UNSOLD;
  }

  /** Lines as the body names them. Where nothing is sold, only that it was read can be seen. */
  function agree(
    name: Name,
    { good, bad }: { readonly good: readonly Json[]; readonly bad: readonly Json[] },
    lines: (json: Json) => readonly unknown[] | undefined,
  ) {
    for (const json of good) expect(read(name, json)).toHaveProperty("goods");
    const now = (json: Json) => {
      const offer = read(name, json);
      if (typeof offer === "string" || offer.goods.kind !== "esims") return offer;
      const { goods, webhookUrl, network } = offer;
      const asked = goods.lines.map(({ plan, deviceId, eid }) => ({ plan, deviceId, eid }));
      return { lines: asked, webhookUrl, chain: network?.chain };
    };
    const before = (json: Json) => {
      const known = lines(json);
      if (known === undefined || Buffer.byteLength(JSON.stringify(json)) > limits[name]) return REFUSED;
      if (read(name, json) === UNSOLD) return UNSOLD;
      const said = v.parse(
        v.object({ chain: v.optional(v.string()), webhook_url: v.optional(v.string()) }),
        json,
      );
      return { lines: known, webhookUrl: said.webhook_url ?? null, chain: said.chain };
    };
    expectAgreement(good, { now, before }, bad);
  }

  test("an activation", () => {
    const good = [{ ...plan, ...order }, { ...metered, ...order }, { plan: "us-7day" }];
    const bad = [{}, { ...plan, data_mb: 100 }, { ...metered, data_mb: 0 }, { ...metered, data_mb: 1.5 }];
    agree("esim_activate", { good, bad }, (json) => {
      const body = v.safeParse(schemas.activation, json);
      return body.success ? [shown(body.output)] : undefined;
    });
  });

  test("a batch", () => {
    const times = (length: number) => ({ items: Array.from({ length }, () => plan) });
    const good = [{ items: [plan, metered], ...order }, times(1), times(50)];
    agree("esim_batch", { good, bad: [times(0), times(51), { items: plan }] }, (json) => {
      const body = v.safeParse(schemas.batch, json);
      return body.success ? body.output.items.map(shown) : undefined;
    });
  });

  test("an allotment", () => {
    const counted = (count: Json) => ({ ...metered, count });
    const good = [{ plan: "us-7day", count: 2, ...order }, ...[1, 50].map(counted)];
    agree("esim_allotment", { good, bad: [0, 51, 1.5, "2", null].map(counted) }, (json) => {
      const body = v.safeParse(schemas.allotment, json);
      return body.success ? Array.from({ length: body.output.count }, () => shown(body.output)) : undefined;
    });
  });

  test("a top-up", () => {
    const { topUps = [] } = catalog;
    const now = (json: Json) => {
      const ask = readTopUp(catalog, Buffer.from(JSON.stringify(json)));
      if (ask.ok) return ask.value;
      return ask.reason.code === "package_unavailable" ? UNSOLD : REFUSED;
    };
    const before = (json: Json) => {
      const body = v.safeParse(schemas.topUp, json);
      if (!body.success || Array.isArray(json)) return REFUSED;
      const { data_mb, chain } = body.output;
      const meant = topUps.filter(({ dataMb }) => data_mb === undefined || dataMb === data_mb);
      return meant.length === 0 ? UNSOLD : { topUps: meant, chain };
    };
    expectAgreement([{}, { data_mb: 50 }, { data_mb: 500, chain: "base" }], { now, before }, [
      [],
      { mb: 50 },
    ]);
  });
});
