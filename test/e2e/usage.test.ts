/** Usage over the gateway: signed at the supplier, counted here, and verified again by whoever bought the eSIM. */

import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from "jose";
import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "./stack.ts";
import { activation, type Esim, esimOf, v2Client } from "./support.ts";

const KB = 1_024n;
const TOTAL_KB = 1_048_576;

/** Longer than the pause between two looks at the issuer. Milliseconds. */
const PATIENCE = { timeout: 15_000, interval: 500 };

let stack: Stack;
let esim: Esim;
let esimTranNo: string;

beforeAll(async () => {
  stack = await startStack({ allocationDelayMs: 50 });
  esim = await esimOf(
    await v2Client(stack)(`${stack.url}/v1/esim/activate`, activation({ plan: "us-7day" })),
  );
  esimTranNo = stack.supplier.orders[0]?.profiles[0]?.esimTranNo ?? "";
  stack.supplier.install(esimTranNo);
});
afterAll(() => stack.close());

async function ask(what = "", init: RequestInit = {}): Promise<unknown> {
  const headers = { authorization: `Bearer ${esim.access_token}` };
  const response = await fetch(`${stack.url}/v1/esim/${esim.esim_iccid}${what}`, { ...init, headers });
  expect(response.status).toBe(200);
  return response.json();
}

const statementSchema = v.object({
  issuer: v.string(),
  subject: v.string(),
  jwks: v.custom<JSONWebKeySet>((value) => v.is(v.object({ keys: v.array(v.looseObject({})) }), value)),
  used_bytes: v.string(),
  records: v.array(v.looseObject({ record: v.string(), counted: v.boolean() })),
});
const claimsSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ iss: v.string(), sub: v.string(), used_bytes: v.string() }),
);

test("what is left shrinks by what the phone uses", async () => {
  expect(await ask()).toMatchObject({ state: "in_use", remaining_kb: TOTAL_KB });
  stack.supplier.consume(esimTranNo, 1_000n * KB);
  await expect
    .poll(() => ask(), PATIENCE)
    .toMatchObject({
      remaining_kb: TOTAL_KB - 1_000,
      usage: { used_kb: 1_000, records: 1, source: "signed_records" },
    });
});

test("a forged record is listed and takes nothing away", async () => {
  const { records } = v.parse(statementSchema, await ask("/usage"));
  const [own] = records;
  if (own === undefined) throw new Error("a record was expected");
  const [header, payload = "", signature] = own.record.split(".");
  const claims = v.parse(claimsSchema, Buffer.from(payload, "base64url").toString());
  const lie = Buffer.from(JSON.stringify({ ...claims, seq: 9, used_bytes: "9999999999" })).toString(
    "base64url",
  );
  stack.supplier.usage.plant(esimTranNo, `${header}.${lie}.${signature}`);
  stack.supplier.consume(esimTranNo, 1n);
  await expect
    .poll(() => ask(), PATIENCE)
    .toMatchObject({
      remaining_kb: TOTAL_KB - 1_001,
      usage: { records: 2, rejected_records: 1 },
    });
});

test("the buyer verifies the statement with the issuer's keys, and comes to the same sum", async () => {
  const statement = v.parse(statementSchema, await ask("/usage"));
  expect(statement.jwks).toEqual(await (await fetch(stack.supplier.usage.keysUrl)).json());
  const keys = createLocalJWKSet(statement.jwks);
  const verified: v.InferOutput<typeof claimsSchema>[] = [];
  const refused: string[] = [];
  for (const { record, counted } of statement.records) {
    const outcome = await compactVerify(record, keys, { algorithms: ["ES256"] }).catch(() => null);
    if (outcome === null) refused.push(record);
    else verified.push(v.parse(claimsSchema, new TextDecoder().decode(outcome.payload)));
    expect(counted).toBe(outcome !== null);
  }
  expect(refused).toHaveLength(1);
  expect(verified.map(({ used_bytes }) => used_bytes)).toEqual(["1024000", "1024001"]);
  expect(statement.used_bytes).toBe("1024001");
  for (const { iss, sub } of verified) expect([iss, sub]).toEqual([statement.issuer, statement.subject]);
});

test("a dispute suspends the eSIM at the supplier, also where it was down, and nothing counts after it", async () => {
  stack.supplier.faults.add("esim/suspend", { kind: "status_before", status: 503 });
  const url = `${stack.url}/v1/esim/${esim.esim_iccid}/dispute`;
  const headers = { authorization: `Bearer ${esim.access_token}` };
  const body = JSON.stringify({ reason: "The phone was off" });
  const response = await fetch(url, { method: "POST", headers, body });
  expect(response.status).toBe(202);
  expect(await response.json()).toMatchObject({ suspension: "due", reason: "The phone was off" });
  const again = await fetch(url, { method: "POST", headers });
  expect(await again.json()).toMatchObject({ suspension: "done", reason: "The phone was off" });
  expect(stack.supplier.orders[0]?.profiles[0]?.esimStatus).toBe("SUSPENDED");
  expect(await ask()).toMatchObject({ state: "suspended", usage: { used_kb: 1_001, disputed: true } });
});
