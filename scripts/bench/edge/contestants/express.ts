/** `@x402/express`, called by its request handler as adapters for Lambda call it: no server, no socket. */

import { paymentMiddleware } from "@x402/express";
import express from "express";
import { GOODS, PATH, ROUTES } from "../terms.ts";
import { resourceServer } from "./resource-server.ts";

export const app = express();
app.use(paymentMiddleware(ROUTES, resourceServer()));
app.get(PATH, (_, response) => {
  response.json(GOODS);
});
