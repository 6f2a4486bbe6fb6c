/** `POST /v1/orders/{id}/connected`: a buyer who got two eSIMs says which one it uses, and the other one goes back. */

import * as v from "valibot";
import { describeIssue } from "../../protocol/schema.ts";
import { parseJsonBytes } from "../../protocol/text.ts";
import { connect } from "../purchase/choice.ts";
import { drive } from "../purchase/drive.ts";
import { isFinished } from "../purchase/purchase.ts";
import type { OriginPorts } from "./app.ts";
import { openOrder } from "./credentials.ts";
import { orderStatus, orderView } from "./order-view.ts";
import type { OriginRequest } from "./request.ts";
import { json, problemResponse, type Response } from "./response.ts";

/** How long this request may try to give the other one back; after that somebody else goes on. Milliseconds. */
const RELEASE_BUDGET_MS = 5_000;

/** Bytes. */
const MAX_BODY = 256;

const bodySchema = v.strictObject({
  iccid: v.pipe(v.string(), v.regex(/^[0-9]{18,20}$/, "expected 18 to 20 digits")),
});

/** @throws StoreUnavailableError */
export async function answerConnected(
  id: string,
  request: OriginRequest,
  ports: OriginPorts,
): Promise<Response> {
  const opened = await openOrder(id, request, ports);
  if (!opened.ok) return opened.reason;
  const { purchase: rules, accessSecrets } = ports;
  const { body } = request;
  if (body.length > MAX_BODY) {
    return problemResponse("body_too_large", { detail: `The limit is ${MAX_BODY} bytes.` });
  }
  const parsed = parseJsonBytes(body);
  if (parsed === undefined) return problemResponse("body_malformed");
  const fields = v.safeParse(bodySchema, parsed.value, { abortEarly: true });
  if (!fields.success) return problemResponse("body_invalid", { detail: describeIssue(fields.issues[0]) });

  const deadline = rules.now() + RELEASE_BUDGET_MS;
  const connected = await connect(opened.value, fields.output.iccid, rules, deadline);
  switch (connected.kind) {
    case "unknown":
      return problemResponse("esim_not_found");
    case "other_kept":
      return problemResponse("other_esim_kept");
    case "kept": {
      const purchase = await drive(connected.purchase, rules, { deadline });
      if (!isFinished(purchase)) await ports.handOver(id);
      const { statusCode, headers } = orderStatus(purchase);
      const [accessSecret] = accessSecrets;
      const view = orderView(purchase, { publicUrl: rules.publicUrl, accessSecret, replayed: true });
      return json(statusCode, view, headers);
    }
  }
}
