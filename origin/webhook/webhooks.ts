/** The buyers' webhooks: makes the message, signs it, sends it, and reads what came back. */

import type { WebhookAnswer, Webhooks } from "../purchase/ports.ts";
import { webhookEvent } from "./event.ts";
import type { WebhookPost } from "./post.ts";
import { signatureHeaders } from "./signature.ts";

export interface WebhooksOptions {
  readonly post: WebhookPost;
  readonly accessSecrets: readonly Uint8Array[];
  readonly publicUrl: string;
  /** Unix milliseconds. */
  readonly now: () => number;
}

const GONE = 410;

export function createWebhooks({ post, accessSecrets, publicUrl, now }: WebhooksOptions): Webhooks {
  return {
    async post(purchase, webhook) {
      const { id, body } = webhookEvent(purchase, webhook, publicUrl);
      const timestamp = Math.floor(now() / 1_000);
      const signature = signatureHeaders({ id, timestamp, body }, purchase.id, accessSecrets);
      const headers = { "content-type": "application/json", "user-agent": "edge402", ...signature };
      const posted = await post(webhook.url, { headers, body });
      return posted.kind === "failed" ? posted : answerOf(posted.status);
    },
  };
}

/** A redirect is a failure, too: it might lead where nobody has looked. */
function answerOf(status: number): WebhookAnswer {
  if (status >= 200 && status <= 299) return { kind: "taken" };
  return status === GONE ? { kind: "gone" } : { kind: "failed", reason: `status_${status}` };
}
