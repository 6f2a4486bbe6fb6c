declare module "dynalite" {
  import type { Server } from "node:http";

  /** An emulator of DynamoDB's API, as an HTTP server that is not listening yet. */
  export default function dynalite(options: {
    /** Milliseconds that a table stays in CREATING. */
    createTableMs?: number;
    /** A folder to keep the tables in. */
    path?: string;
  }): Server;
}
