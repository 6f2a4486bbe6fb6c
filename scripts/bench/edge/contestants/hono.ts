/** `@x402/hono`, called by its fetch handler: no server, no socket. */

import { paymentMiddleware } from "@x402/hono";
import { Hono } from "hono";
import { GOODS, PATH, ROUTES } from "../terms.ts";
import { resourceServer } from "./resource-server.ts";

const app = new Hono();
app.use(paymentMiddleware(ROUTES, resourceServer()));
app.get(PATH, (context) => context.json(GOODS));

export const fetch = (request: Request): Response | Promise<Response> => app.fetch(request);
