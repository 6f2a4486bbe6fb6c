/** An API Gateway emulator that keeps the events its function got. */

import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { onTestFinished } from "vitest";
import { type ApiGatewayHandler, startApiGateway } from "../../../scripts/local/api-gateway/api-gateway.ts";
import type { ApiGatewayLimits } from "../../../scripts/local/api-gateway/limits.ts";

/** @param result what the function returns, as loosely typed as JavaScript is */
export async function setUp(
  result: (event: APIGatewayProxyEventV2) => unknown = () => ({ statusCode: 200 }),
  limits: Partial<ApiGatewayLimits> = {},
) {
  const events: APIGatewayProxyEventV2[] = [];
  const errors: unknown[] = [];
  const handler: unknown = async (event: APIGatewayProxyEventV2) => {
    events.push(event);
    return result(event);
  };
  if (!isHandler(handler)) throw new TypeError("not a function");
  const gateway = await startApiGateway({ handler, limits, onError: (error) => errors.push(error) });
  onTestFinished(() => gateway.close());
  const only = () => {
    const [event] = events;
    if (event === undefined || events.length !== 1) throw new Error(`${events.length} events, not one`);
    return event;
  };
  return { url: gateway.url, events, errors, only };
}

function isHandler(value: unknown): value is ApiGatewayHandler {
  return typeof value === "function";
}

/** The body's bytes, however the event carries them. */
export function bodyBytes({ body = "", isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}
