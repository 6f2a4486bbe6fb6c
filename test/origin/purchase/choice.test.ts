/** Of two eSIMs that were sold for one price one stays: the one that is reported, or that is seen in use. */

import { describe, expect, test } from "vitest";
import { connect } from "../../../origin/purchase/choice.ts";
import { drive } from "../../../origin/purchase/drive.ts";
import { giveBackLines } from "../../../origin/purchase/give-back.ts";
import { storedIn, sweepOnce, sweepToRest } from "../../builders/origin-sweep.ts";
import { expectOneLineSquare, keptOf } from "../../builders/two-esims.ts";
import { openShop, type Shop } from "./batch-shop.ts";
import { buyIn } from "./fallback-shop.ts";

const DAY_MS = 86_400_000;

describe("of two eSIMs", () => {
  async function both(): Promise<Shop> {
    const shop = openShop({ A: { allocationMs: 16_500 } });
    await buyIn(shop);
    expect(keptOf(storedIn(shop.world))).toBe("AB");
    return shop;
  }

  const iccidOf = ({ world }: Shop, position: number): string => {
    const { delivery } = storedIn(world);
    const esim = delivery?.kind === "esims" ? delivery.esims[position] : null;
    if (esim == null) throw new Error("an eSIM was expected");
    return esim.iccid;
  };

  const report = ({ world, ports }: Shop, iccid: string) =>
    connect(storedIn(world), iccid, ports, world.clock.now());

  test.each([
    [0, "A", "B"],
    [1, "B", "A"],
  ])("the one that the buyer reports, number %i, stays, and the other is given back", async (position, kept, gone) => {
    const shop = await both();
    expect(await report(shop, iccidOf(shop, position))).toMatchObject({ kind: "kept" });
    await sweepToRest(shop.world, shop.ports);
    expect(keptOf(storedIn(shop.world))).toBe(kept);
    expect([...shop.supplier.cancelled].map((esim) => esim.slice(0, 1))).toEqual([gone]);
    expectOneLineSquare(shop.world, shop.supplier, storedIn(shop.world));
    // Again, and it stays so; the other one is too late.
    const before = storedIn(shop.world);
    expect(await report(shop, iccidOf(shop, position))).toMatchObject({ kind: "kept" });
    expect(await report(shop, iccidOf(shop, 1 - position))).toEqual({ kind: "other_kept" });
    expect(storedIn(shop.world)).toEqual(before);
  });

  test("none of another order can be reported", async () => {
    const shop = await both();
    expect(await report(shop, "8900000000000000000")).toEqual({ kind: "unknown" });
    expect(storedIn(shop.world).choice?.kind).toBe("open");
  });

  test("one is kept, however many report both at once", async () => {
    const shop = await both();
    const [a, b] = [iccidOf(shop, 0), iccidOf(shop, 1)];
    const answers = await Promise.all([a, b, a, b].map((iccid) => report(shop, iccid)));
    expect(answers.map(({ kind }) => kind)).toEqual(["kept", "other_kept", "kept", "other_kept"]);
    await sweepToRest(shop.world, shop.ports);
    expect(keptOf(storedIn(shop.world))).toBe("A");
    expectOneLineSquare(shop.world, shop.supplier, storedIn(shop.world));
  });

  test("the one that is seen in use stays without a report", async () => {
    const shop = await both();
    const [esim = ""] = shop.supplier.esims().filter((one) => one.startsWith("B"));
    await sweepOnce(shop.world, shop.ports);
    expect(shop.supplier.cancelled.size).toBe(0);
    shop.supplier.installed.add(esim);
    await sweepToRest(shop.world, shop.ports);
    expect(storedIn(shop.world)).toMatchObject({
      choice: { kind: "made", esimTranNo: esim },
      release: "done",
    });
    expect([...shop.supplier.cancelled].map((one) => one.slice(0, 1))).toEqual(["A"]);
  });

  test("both stay where both are in use", async () => {
    const shop = await both();
    for (const esim of shop.supplier.esims()) shop.supplier.installed.add(esim);
    await sweepToRest(shop.world, shop.ports);
    expect(storedIn(shop.world)).toMatchObject({ choice: { kind: "lapsed" }, release: "none" });
  });

  test("an installed one that is not kept is let go: its cost is ours", async () => {
    const shop = await both();
    await report(shop, iccidOf(shop, 0));
    const [esim = ""] = shop.supplier.esims().filter((one) => one.startsWith("B"));
    shop.supplier.installed.add(esim);
    await sweepToRest(shop.world, shop.ports);
    expect(shop.supplier.cancelled.size).toBe(0);
    expect(shop.world.log).toContainEqual(expect.objectContaining({ event: "release_refused", esim }));
  });

  test("both stay where none is used for a day, and it is looked at less and less often until then", async () => {
    const shop = await both();
    const asked = shop.world.clock.now();
    let looks = 0;
    const profiles: typeof shop.supplier.profiles = async (orderNo) => {
      looks += 1;
      return shop.supplier.profiles(orderNo);
    };
    await sweepToRest(shop.world, { ...shop.ports, supplier: { ...shop.supplier, profiles } });
    expect(storedIn(shop.world)).toMatchObject({ choice: { kind: "lapsed" }, release: "none" });
    expect(shop.world.clock.now() - asked).toBeGreaterThanOrEqual(DAY_MS);
    expect(looks).toBeLessThan(300);
    // A report may still come, and what can be given back then is.
    expect(await report(shop, iccidOf(shop, 1))).toMatchObject({ kind: "kept" });
    await sweepToRest(shop.world, shop.ports);
    expect([...shop.supplier.cancelled].map((one) => one.slice(0, 1))).toEqual(["A"]);
  });

  test("none is given back for the price of both, whoever asks", async () => {
    const shop = await both();
    const before = storedIn(shop.world);
    const deadline = shop.world.clock.now() + 5_000;
    expect(await giveBackLines(before, [0, 1], shop.ports, deadline)).toEqual(before);
    expect(storedIn(shop.world)).toEqual(before);
  });

  test.each([
    ["was told", []],
    ["can't be told", Array.from({ length: 40 }, () => ({ kind: "failed", reason: "timeout" }) as const)],
  ])("are watched whether their buyer's webhook %s, and are no news by themselves", async (_, answers) => {
    const shop = openShop({ A: { allocationMs: 16_500 } });
    const { world, supplier, ports } = shop;
    world.webhooks.answers.push(...answers);
    await buyIn(shop, false, "https://agent.example/hook");
    const [esim = ""] = supplier.esims().filter((one) => one.startsWith("B"));
    for (let sweeps = 0; sweeps < 3; sweeps++) await sweepOnce(world, ports);
    supplier.installed.add(esim);
    await sweepToRest(world, ports);
    expect(storedIn(world).choice).toEqual({ kind: "made", esimTranNo: esim });
    expect([...supplier.cancelled].map((one) => one.slice(0, 1))).toEqual(["A"]);
    expect(new Set(world.webhooks.calls.map(({ news }) => news)).size).toBe(1);
    if (answers.length === 0) expect(world.webhooks.calls).toHaveLength(1);
  });

  test("the worker does not stay to watch them", async () => {
    const { world, ports } = await both();
    const start = world.clock.now();
    await drive(storedIn(world), ports, { deadline: start + 60_000 });
    expect(world.clock.now()).toBe(start);
  });
});
