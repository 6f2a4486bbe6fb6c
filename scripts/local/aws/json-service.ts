/** A local AWS service that speaks the protocols AWS JSON 1.0 or 1.1: one POST an operation, named by `X-Amz-Target`. */

import * as v from "valibot";
import type { Listening } from "../listen.ts";
import { AwsFault } from "./fault.ts";
import { type ServiceAnswer, startService } from "./service.ts";
import type { SignedRequest } from "./signature.ts";

/** From the parsed input to the output. */
export type Operation = (input: unknown) => object;

export interface JsonServiceOptions {
  readonly what: string;
  readonly region: string;
  /** The service's signing name. */
  readonly service: string;
  /** In front of the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly version: "1.0" | "1.1";
  readonly operations: Readonly<Record<string, Operation>>;
}

/** @throws PortTakenError */
export async function startJsonService(options: JsonServiceOptions): Promise<Listening> {
  const { what, region, service, version } = options;
  const contentType = `application/x-amz-json-${version}`;
  const reply = (status: number, body: object): ServiceAnswer => ({
    status,
    headers: { "content-type": contentType },
    body: JSON.stringify(body),
  });
  return startService({
    what,
    region,
    service,
    async answer(request) {
      if (request.method !== "POST" || request.headers["content-type"] !== contentType) {
        throw new AwsFault("SerializationException", `Expected POST and ${contentType}.`);
      }
      return reply(200, operationOf(request, options)(jsonOf(request.body)));
    },
    refuse: ({ code, message, status }) => reply(status, { __type: code, message }),
  });
}

function operationOf({ headers }: SignedRequest, { target, operations }: JsonServiceOptions): Operation {
  const asked = String(headers["x-amz-target"] ?? "");
  const name = asked.startsWith(`${target}.`) ? asked.slice(target.length + 1) : "";
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined)
    throw new AwsFault("UnknownOperationException", `No operation "${asked}" here.`);
  return operation;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    throw new AwsFault("SerializationException", "The body is not JSON.");
  }
}

/**
 * An operation whose input has this shape and nothing else: what a service would heed and this one does not play must
 * not pass unseen.
 */
export function operation<Schema extends v.GenericSchema>(
  schema: Schema,
  work: (input: v.InferOutput<Schema>) => object,
): Operation {
  return (input) => {
    const parsed = v.safeParse(schema, input);
    if (parsed.success) return work(parsed.output);
    // The path only: an issue's own message may quote a secret.
    const paths = parsed.issues.map((issue) => v.getDotPath(issue) ?? "the input");
    throw new AwsFault("ValidationException", `Not valid or not played here: ${paths.join(", ")}.`);
  };
}
