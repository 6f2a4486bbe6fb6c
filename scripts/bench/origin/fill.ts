/** What is in a shop's table after a while: full pools, and purchases at rest, which are in no queue. */

import { createHash } from "node:crypto";
import { BatchWriteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { pooledPlans } from "../../../origin/pool/plans.ts";
import { createPoolStore } from "../../../origin/store/pool-store.ts";
import type { Catalog } from "../../../protocol/catalog.ts";
import type { LocalDynamo } from "../../local/dynamo/start-dynamo.ts";

/** As many as one request takes. */
const AT_ONCE = 25;

const ICCID = "8944500102198304826";

/** What a delivered purchase takes. Bytes of each of its two texts. */
const TEXT_BYTES = 1_200;

/** Puts eSIMs into every slot of every pool, without a supplier, who takes his time. */
export async function fillPools({ clientConfig, table }: LocalDynamo, catalog: Catalog): Promise<void> {
  const client = new DynamoDBClient(clientConfig);
  const store = createPoolStore(client, table);
  try {
    for (const { plan, size, packageCode } of pooledPlans(catalog)) {
      const numbers = Array.from({ length: size }, (_, number) => number);
      await Promise.all(
        numbers.map((number) => {
          const esimTranNo = `${packageCode}-${number}`;
          const esim = {
            esimTranNo,
            iccid: ICCID,
            activationCode: `LPA:1$rsp.test$${esimTranNo}`,
            apn: null,
          };
          const stock = { esim, packageCode, sellUntil: Number.MAX_SAFE_INTEGER };
          return store.saveSlot(plan, { number, version: 1, state: "free", stock });
        }),
      );
    }
  } finally {
    client.destroy();
  }
}

export async function fillTable({ clientConfig, table }: LocalDynamo, count: number): Promise<void> {
  const client = new DynamoDBClient(clientConfig);
  try {
    for (let first = 0; first < count; first += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, nth) => first + nth);
      const puts = numbers.map((number) => ({ PutRequest: { Item: itemOf(number) } }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: puts } }));
    }
  } finally {
    client.destroy();
  }
}

function itemOf(number: number) {
  const hash = createHash("sha256").update(`bench ${number}`).digest("hex");
  return {
    pk: { S: `ord_${hash.slice(0, 40)}` },
    version: { N: "3" },
    state: { S: "delivered" },
    data: { S: "d".repeat(TEXT_BYTES) },
    ledger: { S: "l".repeat(TEXT_BYTES) },
  };
}
