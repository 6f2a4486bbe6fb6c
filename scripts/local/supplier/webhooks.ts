/** Sends the simulated supplier's notifications: unsigned, in order, once each unless a test wants them twice. */

import { randomUUID } from "node:crypto";
import type { Ledger } from "./ledger.ts";
import { look, type News, type NotifyType, orderNews, profileNews, type Seen } from "./notifications.ts";
import { RefusalError } from "./refusal.ts";
import { BAD_PARAMETER } from "./requests.ts";
import { timestamp } from "./wire.ts";

export interface Notification {
  readonly notifyType: NotifyType;
  /** The same again when a notification is sent twice. */
  readonly notifyId: string;
  readonly eventGenerateTime: string;
  readonly content: object;
}

export interface Sent {
  readonly notification: Notification;
  /** Of the answer, or null when there was none. */
  readonly status: number | null;
}

export interface WebhookOptions {
  readonly ledger: Ledger;
  readonly now: () => number;
  readonly usageLagMs: number;
  readonly closing: AbortSignal;
}

/** How long a webhook may take to answer. Milliseconds. */
const ANSWER_WITHIN_MS = 5_000;

/** A simulator must not call strangers. */
const LOOPBACK = "127.0.0.1";

export class Webhooks {
  /** Every copy of every notification so far. */
  readonly sent: Sent[] = [];
  readonly #options: WebhookOptions;
  readonly #toldOrders = new Set<string>();
  readonly #told = new Map<string, Seen>();
  #copies = 1;
  #line: Promise<void> = Promise.resolve();

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#news();
  }

  /** Sends each later notification so many times. */
  repeat(times: number): void {
    this.#copies = times;
  }

  /** Takes an address that answers a health check. @throws RefusalError */
  async save(url: string): Promise<void> {
    if (new URL(url).hostname !== LOOPBACK) throw new RefusalError(BAD_PARAMETER);
    const status = await this.#post(url, this.#notification("CHECK_HEALTH", {}));
    // The real supplier's code for this is not documented.
    if (status === null || status < 200 || status > 299) throw new RefusalError(BAD_PARAMETER);
    // What happened before nobody is told of.
    this.#news();
    this.#options.ledger.webhook = url;
  }

  /** Tells what happened since the last time. */
  announce(): void {
    const { webhook } = this.#options.ledger;
    if (webhook === null) return;
    for (const { notifyType, content } of this.#news()) {
      const notification = this.#notification(notifyType, content);
      for (let copy = 0; copy < this.#copies; copy++) {
        this.#line = this.#line.then(async () => void (await this.#post(webhook, notification)));
      }
    }
  }

  /** Settles once all that was announced is sent. */
  idle(): Promise<void> {
    return this.#line;
  }

  #notification(notifyType: NotifyType, content: object): Notification {
    const eventGenerateTime = timestamp(this.#options.now());
    return { notifyType, notifyId: randomUUID().replaceAll("-", ""), eventGenerateTime, content };
  }

  /** Looks at everything, and says what is new about it. */
  #news(): readonly News[] {
    const { ledger, now, usageLagMs } = this.#options;
    return ledger.orders
      .filter(({ readyAtMs }) => readyAtMs <= now())
      .flatMap((order) => {
        const isNew = !this.#toldOrders.has(order.orderNo);
        this.#toldOrders.add(order.orderNo);
        const ofProfiles = order.profiles.flatMap((profile) => {
          const after = look(profile, now(), usageLagMs);
          const before = this.#told.get(profile.esimTranNo) ?? after;
          this.#told.set(profile.esimTranNo, after);
          return profileNews({ order, profile }, before, after);
        });
        return isNew ? [orderNews(order), ...ofProfiles] : ofProfiles;
      });
  }

  async #post(url: string, notification: Notification): Promise<number | null> {
    const status = await send(url, notification, this.#options.closing);
    this.sent.push({ notification, status });
    return status;
  }
}

async function send(url: string, notification: Notification, closing: AbortSignal): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(notification),
      redirect: "manual",
      signal: AbortSignal.any([closing, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}
