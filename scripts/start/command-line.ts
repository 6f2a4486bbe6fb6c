/** The command line of `npm start`. */

import { parseArgs } from "node:util";
import { UsageError } from "../command.ts";
import { type LocalChainName, localChains } from "../local/stack/start-stack.ts";

export interface StartOptions {
  readonly chains: readonly LocalChainName[];
  readonly assembly: boolean;
  readonly once: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly port: number;
  readonly dataDir: string | undefined;
}

/** Where agents find the gateway unless `--port` says otherwise. */
const DEFAULT_PORT = 4402;

export const helpText = `Starts the whole of edge402 on this machine, and lets an agent buy an eSIM from it.

  npm start                        buy once, then stay up until Ctrl-C
  npm start -- --once              buy once and exit; non-zero if the purchase failed
  npm start -- --json              one JSON line with URLs, chain ids, USDC addresses and a funded key; buys nothing
  npm start -- --once --json       the same line with the purchase's result in it

  --chain NAME     switch a chain on: ${localChains.join(", ")}; may be repeated (default: polygon)
  --all-chains     switch all three on
  --assembly       run the bundles of the synthesized CDK app, wired as its templates say
  --port N         the gateway's port, 0 for a free one (default: ${DEFAULT_PORT})
  --data DIR       keep chains, table, supplier, archive and keys in DIR (default: nothing is kept)
  --verbose        show every line of the gateway's and the origin's logs
  --help           this text`;

const options = {
  chain: { type: "string", multiple: true },
  "all-chains": { type: "boolean" },
  assembly: { type: "boolean" },
  once: { type: "boolean" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  port: { type: "string" },
  data: { type: "string" },
  help: { type: "boolean" },
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): StartOptions | "help" {
  const values = read(args);
  if (values.help === true) return "help";
  const named = (values.chain ?? []).map(chainNamed);
  return {
    chains:
      values["all-chains"] === true ? localChains : named.length > 0 ? [...new Set(named)] : ["polygon"],
    assembly: values.assembly === true,
    once: values.once === true,
    json: values.json === true,
    verbose: values.verbose === true,
    port: portOf(values.port),
    dataDir: values.data,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The command line can't be read.");
  }
}

function chainNamed(text: string): LocalChainName {
  const name = localChains.find((chain) => chain === text);
  if (name === undefined) throw new UsageError(`--chain is one of ${localChains.join(", ")}, not ${text}.`);
  return name;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) throw new UsageError("--port is a number from 0 to 65535.");
  return port;
}
