/** `ledger unmatched`: every transfer that the reconciler listed, from a real table, and never a part of the list as the whole. */

import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IncomingTransfer } from "../../origin/reconcile/ports.ts";
import { createStore } from "../../origin/store/dynamo.ts";
import { createReconcilerStore } from "../../origin/store/reconciler-store.ts";
import { checksumAddress, type Hex } from "../../protocol/hex.ts";
import { usdc } from "../../protocol/money.ts";
import { type Network, networks } from "../../protocol/network.ts";
import { type LocalDynamo, startDynamo } from "../../scripts/local/dynamo/start-dynamo.ts";
import { run } from "./support.ts";

const TABLE = "purchases";
const FROM = `0x${"ab".repeat(20)}` as const;
/** 2026-11-03 10:00:00 UTC, in seconds. */
const BLOCK_TIME = 1_793_700_000n;

let dynamo: LocalDynamo;
let client: DynamoDBClient;
let place: readonly string[];

beforeEach(async () => {
  dynamo = await startDynamo({ table: TABLE });
  client = new DynamoDBClient(dynamo.clientConfig);
  place = ["--table", TABLE, "--endpoint", dynamo.url];
});
afterEach(async () => {
  client.destroy();
  await dynamo.close();
});

const hash = (n: number): Hex => `0x${n.toString(16).padStart(64, "0")}`;

/** As the reconciler does it. */
async function record(network: Network, change: Partial<IncomingTransfer> = {}): Promise<void> {
  const transfer: IncomingTransfer = {
    transaction: hash(1),
    logIndex: 0,
    block: 7n,
    blockTime: BLOCK_TIME,
    from: FROM,
    value: usdc(5_000_000n),
    nonce: null,
    ...change,
  };
  const store = createStore(client, TABLE, () => {});
  await createReconcilerStore(client, TABLE, store).recordUnmatched(network, transfer);
}

async function putRaw(pk: string): Promise<void> {
  const item = { pk: { S: pk }, queue: { S: "unmatched#0" }, dueAt: { N: "1" }, from: { S: FROM } };
  await client.send(new PutItemCommand({ TableName: TABLE, Item: item }));
}

describe("unmatched", () => {
  test("says of each transfer where and when it came from whom, how much it is, and where to look it up", async () => {
    await record(networks.base, { transaction: hash(9), logIndex: 3, value: usdc(4_200_001n) });
    const { exitCode, out, err } = await run("unmatched", ...place);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out.split("\n")).toEqual([
      "4.200001 USDC on Base (eip155:8453), 2026-11-03 10:00:00.000 UTC",
      `  From         ${checksumAddress(FROM)}`,
      `  Transaction  ${hash(9)}, log 3`,
      `  Explorer     https://basescan.org/tx/${hash(9)}`,
      "",
      "1 transfer matches nothing.",
    ]);
  });

  test("--json is one line, with amounts in atomic units", async () => {
    await record(networks.polygon);
    const { exitCode, out } = await run("unmatched", ...place, "--json");
    expect(exitCode).toBe(0);
    expect(out).not.toContain("\n");
    expect(JSON.parse(out)).toEqual({
      transfers: [
        {
          network: "eip155:137",
          transaction: hash(1),
          logIndex: 0,
          explorer: `https://polygonscan.com/tx/${hash(1)}`,
          from: checksumAddress(FROM),
          amount: "5000000",
          blockTimeMs: Number(BLOCK_TIME) * 1_000,
        },
      ],
      unreadable: [],
    });
  });

  test("lists all of more than two answers' worth, over all networks, the oldest block first", async () => {
    const all = Array.from({ length: 60 }, (_, index) => index);
    // Two in one transaction, and the younger ones recorded first.
    for (const index of all.toReversed()) {
      const transaction = hash(Math.floor(index / 2));
      const network = index < 30 ? networks.base : networks.arbitrum;
      await record(network, { transaction, logIndex: index % 2, blockTime: BLOCK_TIME + BigInt(index) });
    }
    const { out } = await run("unmatched", ...place, "--json");
    const { transfers }: { transfers: { transaction: string; logIndex: number }[] } = JSON.parse(out);
    expect(transfers.map(({ transaction, logIndex }) => [transaction, logIndex])).toEqual(
      all.map((index) => [hash(Math.floor(index / 2)), index % 2]),
    );
    expect((await run("unmatched", ...place)).out).toMatch(/\n60 transfers match nothing\.$/);
  });

  test("lists a transfer once, however often the reconciler finds it", async () => {
    await record(networks.base);
    await record(networks.base);
    expect((await run("unmatched", ...place)).out).toMatch(/\n1 transfer matches nothing\.$/);
  });

  test("says that there is none, and ends with 0", async () => {
    const { exitCode, out } = await run("unmatched", ...place);
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: "0 transfers match nothing." });
    expect(JSON.parse((await run("unmatched", ...place, "--json")).out)).toEqual({
      transfers: [],
      unreadable: [],
    });
  });

  test.each([
    ["that lacks its amount", `unmatched#eip155:8453#${hash(1)}#0`],
    ["under a key that is none", "unmatched#eip155:8453"],
    ["of a network that we don't know", `unmatched#eip155:1#${hash(1)}#0`],
    ["of another kind", "ord_1"],
  ])("names an item %s, lists the rest, and ends with 1", async (_, key) => {
    await record(networks.base, { transaction: hash(2) });
    await putRaw(key);
    const { exitCode, out } = await run("unmatched", ...place);
    expect(exitCode).toBe(1);
    expect(out).toContain(hash(2));
    expect(out).toContain(`Can't be read: ${key}\n`);
    expect(out).toMatch(/\n1 transfer matches nothing\.\n1 item can't be read\.$/);
    const json: unknown = JSON.parse((await run("unmatched", ...place, "--json")).out);
    expect(json).toMatchObject({ transfers: [{ transaction: hash(2) }], unreadable: [key] });
  });

  test("does not let the table write to the terminal what it likes", async () => {
    await putRaw("unmatched#\u001b[2J");
    const { out } = await run("unmatched", ...place);
    expect(out).not.toContain("\u001b");
    expect(out).toContain("\\u{1b}[2J");
  });
});

describe("a table that can't be read ends with 1 and one sentence", () => {
  test("where there is none of this name", async () => {
    const { exitCode, out, err } = await run("unmatched", "--table", "another", "--endpoint", dynamo.url);
    expect({ exitCode, out, err }).toEqual({
      exitCode: 1,
      out: "",
      err: `There is no table another at ${dynamo.url}.`,
    });
  });

  test("where nothing listens", async () => {
    await dynamo.close();
    const { exitCode, out, err } = await run("unmatched", ...place);
    expect({ exitCode, out, err }).toEqual({
      exitCode: 1,
      out: "",
      err: "The table can't be read (ECONNREFUSED).",
    });
    dynamo = await startDynamo({ table: TABLE });
  });
});

describe("the command line of unmatched", () => {
  test.each<[string, readonly string[]]>([
    ["no table", ["--endpoint", "http://127.0.0.1:1"]],
    ["an endpoint that is no URL", ["--table", TABLE, "--endpoint", "127.0.0.1:1"]],
    ["an endpoint that no client could ask", ["--table", TABLE, "--endpoint", "file:///tmp"]],
    ["an archive's folder", ["--table", TABLE, "--dir", "."]],
    ["an archive's head", ["--table", TABLE, "--head", "bafkrei"]],
    ["an argument", ["all", "--table", TABLE]],
  ])("with %s ends with 2 and one sentence", async (_, args) => {
    const { exitCode, out, err } = await run("unmatched", ...args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^[^\n]+ See --help\.$/);
  });

  test.each([
    ["verify", "--table", TABLE],
    ["verify", "--endpoint", "http://127.0.0.1:1"],
  ])("%s does not take %s", async (...args) => {
    const { exitCode, err } = await run(...args, "--dir", ".");
    expect({ exitCode, err: err.includes("goes with unmatched and disputes") }).toEqual({
      exitCode: 2,
      err: true,
    });
  });
});
