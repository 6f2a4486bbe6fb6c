/** A request's span at the origin, under the edge's. */

import { HEADER } from "../../protocol/headers.ts";
import { loggablePath } from "../../protocol/route.ts";
import { parseTraceparent } from "../../protocol/trace.ts";
import type { OriginHandler } from "../http/app.ts";
import type { Telemetry } from "./telemetry.ts";

export function tracedHandler(handler: OriginHandler, telemetry: Telemetry): OriginHandler {
  return (event) =>
    telemetry.run(
      {
        name: "origin",
        kind: "server",
        parent: parseTraceparent(event.headers[HEADER.traceparent] ?? ""),
        // Not the query: a QR code's link carries its token there.
        attributes: {
          "http.request.method": event.requestContext.http.method,
          "url.path": loggablePath(event.rawPath),
        },
        describe: ({ statusCode }) => ({ "http.response.status_code": statusCode ?? 0 }),
      },
      () => handler(event),
    );
}
