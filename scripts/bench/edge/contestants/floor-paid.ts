/** The least that taking a payment costs: two calls over node:http with a kept-alive connection, and no checks. */

import http from "node:http";
import type { CloudFrontRequestEvent, CloudFrontRequestResult } from "aws-lambda";
import { CHALLENGE, REQUIREMENTS } from "./fixed-challenge.ts";

const agent = new http.Agent({ keepAlive: true });

export async function handler({
  Records: [record],
}: CloudFrontRequestEvent): Promise<CloudFrontRequestResult> {
  const request = record?.cf.request;
  const [payment] = request?.headers["payment-signature"] ?? [];
  if (payment === undefined) {
    return { status: "402", headers: { "payment-required": [{ value: CHALLENGE }] }, body: "{}" };
  }
  const paymentPayload: unknown = JSON.parse(Buffer.from(payment.value, "base64").toString());
  const body = JSON.stringify({ x402Version: 2, paymentPayload, paymentRequirements: REQUIREMENTS });
  const isPaid =
    (await post("/verify", body)).includes("true") && (await post("/settle", body)).includes("true");
  return isPaid ? request : { status: "402", body: "{}" };
}

function post(path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request(
      BENCH_FACILITATOR_URL + path,
      { method: "POST", agent, headers },
      (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
