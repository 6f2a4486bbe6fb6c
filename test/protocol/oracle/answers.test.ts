/** What services answer and what we signed ourselves is read as the schemas read it. */

import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { readData, readLogs, readQuantity, readReceipt } from "../../../edge/adapters/rpc-results.ts";
import { createSecretReader } from "../../../edge/adapters/secrets-manager.ts";
import { EdgeSecretsError, parseEdgeSecrets } from "../../../edge/entry/secrets-json.ts";
import { readCredit } from "../../../protocol/credit.ts";
import { readSettle, readVerify } from "../../../protocol/facilitator.ts";
import { attempt, fieldsOf, type Reader } from "../../../protocol/fields.ts";
import { hexToBytes } from "../../../protocol/hex.ts";
import { networks } from "../../../protocol/network.ts";
import type { Json } from "../../builders/payment.ts";
import { expectAgreement, REFUSED } from "./agreement.ts";
import * as schemas from "./schemas.ts";

const WORD = `0x${"ab".repeat(32)}`;
const ADDRESS = `0x${"cd".repeat(20)}`;

function outputOf(schema: v.GenericSchema, json: unknown): unknown {
  const parsed = v.safeParse(schema, json);
  return parsed.success ? parsed.output : REFUSED;
}

function answer(json: unknown) {
  return { kind: "answer", status: 200, body: JSON.stringify(json) } as const;
}

test("credit", () => {
  const before = (json: Json) => {
    const parsed = v.safeParse(schemas.credit, json);
    return parsed.success ? parsed.output.credit : "unknown";
  };
  const now = (json: Json) => readCredit(JSON.stringify(json));
  expectAgreement([{ credit: "low" }, { credit: "enough", at: 1 }], { now, before });
});

describe("the facilitator's answer", () => {
  /** Of what is read: the outcome of what the schema keeps. Of what is not: that the status is all there is. */
  function agree(
    good: readonly Json[],
    schema: v.GenericSchema,
    read: (result: ReturnType<typeof answer>) => { readonly kind: string },
  ) {
    const before = (json: Json) => {
      const kept = outputOf(schema, json);
      return kept === REFUSED ? REFUSED : read(answer(kept));
    };
    const now = (json: Json) => {
      const outcome = read(answer(json));
      return "fault" in outcome && outcome.fault === "status_200" ? REFUSED : outcome;
    };
    expectAgreement(good, { now, before });
  }

  test("to verify", () => {
    agree(
      [
        { isValid: true, payer: ADDRESS },
        { isValid: false, invalidReason: "insufficient_funds" },
        { isValid: true, invalidReason: null },
      ],
      schemas.verifyAnswer,
      readVerify,
    );
  });

  test("to settle", () => {
    agree(
      [
        { success: true, transaction: WORD, network: "eip155:8453", errorReason: null },
        { success: true, transaction: WORD, network: "base" },
        { success: false, errorReason: "insufficient_funds", transaction: "", network: null },
      ],
      schemas.settleAnswer,
      (result) => readSettle(result, networks.base),
    );
  });
});

describe("a chain's answer that is", () => {
  const log = { address: ADDRESS, topics: [WORD, WORD], data: WORD, logIndex: "0x1", transactionHash: WORD };
  const others = { blockNumber: "0x10", removed: false };

  test.each<readonly [string, readonly Json[], v.GenericSchema, Reader<unknown>]>([
    ["a quantity", ["0x0", "0x10", `0x${"f".repeat(64)}`], schemas.quantity, readQuantity],
    ["data", ["0x", WORD, WORD + WORD.slice(2)], schemas.data, readData],
    ["logs", [[], [{ ...log, ...others }], [log, log]], schemas.logs, readLogs],
    ["a receipt", [null, { status: "0x1", logs: [log], ...others }], schemas.receipt, readReceipt],
  ])("%s", (_, results, schema, reader) => {
    const now = (json: Json) => {
      const read = attempt(() => reader(fieldsOf(json), "result"));
      return read.ok ? { result: read.value } : REFUSED;
    };
    const good = results.map((result): Json => ({ jsonrpc: "2.0", id: 1, result }));
    expectAgreement(good, { now, before: (json) => outputOf(v.object({ result: schema }), json) });
  });
});

describe("secrets", () => {
  const key = { id: 1, invoice: WORD, grant: WORD };
  const good: readonly Json[] = [
    { cdpKeyId: "id", cdpKeySecret: "secret", keys: [key] },
    {
      cdpKeyId: "id",
      cdpKeySecret: "secret",
      keys: [
        { ...key, id: 0 },
        { ...key, id: 255, more: 1 },
      ],
      more: 1,
    },
  ];

  test("in JSON", () => {
    const now = (json: Json) => {
      try {
        return parseEdgeSecrets(json);
      } catch (error) {
        if (error instanceof EdgeSecretsError) return REFUSED;
        throw error;
      }
    };
    const before = (json: Json) => {
      const parsed = v.safeParse(schemas.edgeSecrets, json);
      if (!parsed.success) return REFUSED;
      const { cdpKeyId, cdpKeySecret, keys } = parsed.output;
      return {
        cdpKeyId,
        cdpKeySecret,
        invoiceKeys: keys.map(({ id, invoice }) => ({ id, secret: hexToBytes(invoice) })),
        grantKeys: keys.map(({ id, grant }) => ({ id, secret: hexToBytes(grant) })),
      };
    };
    expectAgreement(good, { now, before });
  });

  test.each<[string, Json, string]>([
    ["with text", { SecretString: "text" }, "text"],
    ["with an empty text", { SecretString: "" }, ""],
    ["with bytes alone", { SecretBinary: "dGV4dA==" }, "malformed"],
    ["with a list", { SecretString: ["text"] }, "malformed"],
    ["that is a list", [{ SecretString: "text" }], "malformed"],
    ["that is null", null, "malformed"],
  ])("in an answer %s", async (_, json, expected) => {
    const read = createSecretReader({
      secretId: "edge402/edge",
      region: "us-east-1",
      endpoint: undefined,
      credentials: () => ({ accessKeyId: "id", secretAccessKey: "key", sessionToken: "token" }),
      post: async () => answer(json),
      now: () => 0,
      sleep: async () => undefined,
    });
    const outcome = await read(1_000).catch((error: { fault: string }) => error.fault);
    expect(outcome).toBe(expected);
  });
});
