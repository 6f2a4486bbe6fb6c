/** An edge function that reads its secrets: which it uses when, and how much of its time is left for the payment. */

import { describe, expect, test } from "vitest";
import { SecretUnavailableError } from "../../../edge/adapters/secrets-manager.ts";
import { withReadSecrets } from "../../../edge/entry/read-secrets.ts";
import type { EdgeSecretsJson } from "../../../edge/entry/secrets-json.ts";
import type { LogEvent } from "../../../edge/log.ts";
import { buildConfig } from "../../builders/config.ts";

const TTL_MS = 300_000;

function secretOf(id: number): string {
  const key = `0x${String(id).repeat(64)}` as const;
  const secrets: EdgeSecretsJson = {
    cdpKeyId: "key",
    cdpKeySecret: "secret",
    keys: [{ id, invoice: key, grant: key }],
  };
  return JSON.stringify(secrets);
}

/** A function that answers with its current key and its budgets. */
function running() {
  const state = {
    now: 0,
    secret: secretOf(1),
    fault: false,
    /** How long a reading takes. */
    takesMs: 0,
    deadlines: [] as number[],
    created: 0,
    logged: [] as LogEvent[],
  };
  const invoke = withReadSecrets<
    null,
    { key: number; edgeMs: number; verifyMs: number; lateMs: number } | null
  >(
    {
      create({ budgets }, { grantKeys }) {
        state.created += 1;
        const { edgeMs, verifyMs, originResponseMs: lateMs } = budgets;
        return async () => ({ key: grantKeys[0]?.id ?? -1, edgeMs, verifyMs, lateMs });
      },
      notReady: () => null,
    },
    {
      config: buildConfig({ budgets: { edgeMs: 4_000, verifyMs: 2_000, originResponseMs: 20_000 } }),
      async read(deadline) {
        state.deadlines.push(deadline);
        state.now += state.takesMs;
        if (state.fault) throw new SecretUnavailableError("unavailable");
        return state.secret;
      },
      check: async () => {},
      now: () => state.now,
      log: (event) => state.logged.push(event),
    },
  );
  return { state, invoke: () => invoke(null) };
}

describe("the secret", () => {
  test("is read once in five minutes, and a function is made anew only where it has changed", async () => {
    const { state, invoke } = running();
    for (const at of [0, 1, TTL_MS - 1, TTL_MS, TTL_MS + 1]) {
      state.now = at;
      expect(await invoke()).toMatchObject({ key: 1 });
    }
    expect([state.deadlines.length, state.created]).toEqual([2, 1]);
  });

  test("that was rotated is picked up without a deployment", async () => {
    const { state, invoke } = running();
    await invoke();
    state.secret = secretOf(2);
    state.now = TTL_MS;
    expect(await invoke()).toMatchObject({ key: 2 });
  });

  test.each([
    ["can't be read", { fault: true }],
    ["is no JSON", { secret: "{" }],
    ["has no keys", { secret: '{"cdpKeyId":"a","cdpKeySecret":"b","keys":[]}' }],
  ])("that was good stands in for one that %s, and the log says so", async (_, change) => {
    const { state, invoke } = running();
    await invoke();
    Object.assign(state, change);
    state.now = TTL_MS;
    expect(await invoke()).toMatchObject({ key: 1 });
    expect(state.logged.map(({ event }) => event)).toEqual(["internal_error"]);
  });

  test("that was never had is asked for at each call, and each is told to come back", async () => {
    const { state, invoke } = running();
    state.fault = true;
    expect([await invoke(), await invoke()]).toEqual([null, null]);
    expect(state.deadlines).toHaveLength(2);
    expect(state.logged).toContainEqual(
      expect.objectContaining({ event: "internal_error", error: "secret_unavailable" }),
    );
    state.fault = false;
    expect(await invoke()).toMatchObject({ key: 1 });
  });

  test("that is malformed is not quoted in the log", async () => {
    const { state, invoke } = running();
    state.secret = '{"cdpKeyId":"c2VjcmV0","keys":"c2VjcmV0"}';
    await invoke();
    expect(state.logged).toHaveLength(1);
    expect(JSON.stringify(state.logged)).not.toContain("c2VjcmV0");
  });
});

describe("the edge's budget", () => {
  test("may be used up to its half by reading", async () => {
    const { state, invoke } = running();
    state.now = 10_000;
    await invoke();
    expect(state.deadlines).toEqual([12_000]);
  });

  test("is shorter by the wait for a request that waited, and whole for the next", async () => {
    const { state, invoke } = running();
    state.takesMs = 1_000;
    expect(await invoke()).toEqual({ key: 1, edgeMs: 3_000, verifyMs: 1_500, lateMs: 19_000 });
    expect(await invoke()).toEqual({ key: 1, edgeMs: 4_000, verifyMs: 2_000, lateMs: 20_000 });
  });

  test("is shorter also where the wait was in vain and an older secret stands in", async () => {
    const { state, invoke } = running();
    await invoke();
    Object.assign(state, { now: TTL_MS, fault: true, takesMs: 2_000 });
    expect(await invoke()).toMatchObject({ key: 1, edgeMs: 2_000 });
  });
});
