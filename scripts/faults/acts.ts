/** The things that can happen to a request between two machines, and to the machines meanwhile. */

import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { parseJson } from "../../protocol/text.ts";
import type { Act, Answer } from "./book.ts";

/** Nothing was carried out. */
export const resetBefore: Act = async () => "reset";

/** Everything was carried out, and nobody was told. */
export const resetAfter: Act = async (_, forward) => {
  await forward();
  return "reset";
};

/** Neither carried out nor answered. */
export const hang: Act = async () => "hang";

export function delayBefore(ms: number): Act {
  return async (_, forward) => {
    await sleep(ms);
    return forward();
  };
}

export function delayAfter(ms: number): Act {
  return async (_, forward) => {
    const answer = await forward();
    await sleep(ms);
    return answer;
  };
}

/** A load balancer's page in place of the work. */
export function pageBefore(status: number): Act {
  return async () => page(status);
}

/** The work is done, and then a load balancer answers. */
export function pageAfter(status: number): Act {
  return async (_, forward) => {
    await forward();
    return page(status);
  };
}

/** The work is done; the answer says 200 and is cut in the middle. */
export const garbageAfter: Act = async (_, forward) => {
  await forward();
  return json(200, '{"success":tr');
};

/** Carried out twice; the second answer is given. */
export const twice: Act = async (_, forward) => {
  await forward();
  return forward();
};

/** Carried out twice at the same time, as a network that retries too early does. */
export const twiceAtOnce: Act = async (_, forward) => {
  const [first] = await Promise.all([forward(), forward()]);
  return first;
};

/** An answer in the backend's own words, without the work. */
export function answerWith(status: number, value: object): Act {
  return async () => json(status, JSON.stringify(value));
}

/** Whoever asked dies before the request arrives. */
export const killBefore: Act = async ({ from }) => {
  await from.kill();
  return "reset";
};

/** Whoever asked dies before it hears the answer. */
export const killAfter: Act = async ({ from }, forward) => {
  await forward();
  await from.kill();
  return "reset";
};

/** Whoever asked dies while the request is being worked on. */
export const killMeanwhile: Act = async ({ from }, forward) => {
  const answer = forward();
  await from.kill();
  await answer;
  return "reset";
};

const paymentSchema = v.object({ paymentRequirements: v.object({ network: v.string() }) });

/** Settled, but the facilitator answers that it does not know yet. */
export const pendingAfter: Act = async ({ body }, forward) => {
  await forward();
  return pending(body);
};

/** Not settled, though the facilitator answers that it might be, with the hash of a transaction that is none. */
export const dropped: Act = async ({ body }) => pending(body);

function pending(body: string): Answer {
  const { network } = v.parse(paymentSchema, parseJson(body)?.value).paymentRequirements;
  const transaction = `0x${randomBytes(32).toString("hex")}`;
  return json(
    200,
    JSON.stringify({ success: false, errorReason: "settlement_pending", transaction, network }),
  );
}

export function json(status: number, body: string): Answer {
  return { status, headers: { "content-type": "application/json" }, body: Buffer.from(body) };
}

function page(status: number): Answer {
  return { status, headers: { "content-type": "text/html" }, body: Buffer.from(`<html>${status}</html>`) };
}
