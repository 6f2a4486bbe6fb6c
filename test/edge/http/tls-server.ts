/** An HTTPS server that notes how it was connected to, and a process that trusts its certificate and asks it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";
import type { PostResult } from "../../../protocol/facilitator.ts";
import { type Certificate, selfSigned } from "./certificate.ts";

export interface Handshake {
  /** What the client asked a certificate for; false for nothing. */
  readonly servername: string | false | null;
  readonly protocol: string | false | null;
  readonly isResumed: boolean;
}

export interface TlsServer {
  readonly port: number;
  /** PEM. */
  readonly cert: string;
  /** Those that succeeded on the server's side. */
  readonly handshakes: readonly Handshake[];
  /** All that was said to it. */
  received(): string;
}

/** @param react answers one request, which is all that came at once */
export async function startTls(
  react: (socket: TLSSocket) => void,
  options: TlsOptions = {},
  { key, cert }: Certificate = selfSigned("localhost"),
): Promise<TlsServer> {
  const handshakes: Handshake[] = [];
  const sockets = new Set<TLSSocket>();
  let received = "";
  const server = createServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"], ...options }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const { servername, alpnProtocol } = socket;
    handshakes.push({ servername, protocol: alpnProtocol, isResumed: socket.isSessionReused() });
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      react(socket);
    });
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return { port: address.port, cert, handshakes, received: () => received };
}

const TRANSPORT = new URL("../../../edge/adapters/http-post.ts", import.meta.url).href;

export interface Asking {
  readonly url: string;
  readonly calls: number;
  /** Between calls the process stands still until this file is there. */
  readonly frozenUntil?: string;
}

/** Milliseconds. */
const LONGEST_FREEZE = 5_000;

/** What some calls come to, one after the other, in a process that trusts a certificate. */
export async function askTrusting(cert: string, { url, calls, frozenUntil }: Asking): Promise<PostResult[]> {
  const trusted = join(temporaryDirectory(), "cert.pem");
  writeFileSync(trusted, cert);
  const program = `
    import { existsSync } from "node:fs";
    import { createPost } from ${JSON.stringify(TRANSPORT)};
    const file = ${JSON.stringify(frozenUntil ?? "")};
    const post = createPost();
    const stand = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    const results = [];
    for (let i = 0; i < ${calls}; i++) {
      if (i > 0 && file) for (let ms = 0; ms < ${LONGEST_FREEZE} && !existsSync(file); ms += 10) stand(10);
      // Otherwise a moment for what comes behind an answer: a session, or the connection's end.
      else if (i > 0) await new Promise((resolve) => setTimeout(resolve, 50));
      results.push(await post({ url: ${JSON.stringify(url)}, headers: {}, body: "{}", timeoutMs: 10000 }));
    }
    console.log(JSON.stringify(results));`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: trusted },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the asking process ended with ${code}`);
  return JSON.parse(output);
}

/** Gone when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "edge402-tls-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}
