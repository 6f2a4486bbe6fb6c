/** The app as `cdk` runs it: offline, without credentials, and with all that is wrong said at once. */

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { sampleEnvironment } from "../../../lib/sample.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Milliseconds. The CLI and eight bundles, on a machine that has other work. */
const PATIENCE_MS = 180_000;

const folder = mkdtempSync(join(tmpdir(), "edge402-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** No credentials, and proxies that lead nowhere. */
const OFFLINE = {
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_CONFIG_FILE: join(folder, "none"),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
  HTTPS_PROXY: "http://127.0.0.1:9",
  HTTP_PROXY: "http://127.0.0.1:9",
};

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const inherited = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const options = { cwd: ROOT, env: { ...inherited, ...OFFLINE, ...env }, timeout: PATIENCE_MS };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        output: stdout + stderr,
      });
    });
  });
}

/** What `cdk` runs, with the context that it would hand over. */
function synth(context: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  return run(["--import", "tsx", "bin/edge402.ts"], {
    CDK_CONTEXT_JSON: JSON.stringify(context),
    CDK_OUTDIR: join(folder, "refused"),
    ...env,
  });
}

function configFile(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, source);
  return path;
}

test(
  "cdk synth -c sample=true writes all three stacks",
  async () => {
    const outdir = join(folder, "sample");
    const cdk = join(ROOT, "node_modules/aws-cdk/bin/cdk");
    const ended = await run([cdk, "synth", "-c", "sample=true", "-q", "-o", outdir], {});
    expect(ended).toMatchObject({ code: 0 });
    for (const stack of ["edge", "origin", "observability"]) {
      expect(existsSync(join(outdir, `edge402-sample-${stack}.template.json`))).toBe(true);
    }
  },
  PATIENCE_MS,
);

describe("refused, with exit code 1 and without a stack trace:", () => {
  const HEAD = "edge402 can't be deployed like this:";

  test("the repository's own file, with placeholders and without secrets", async () => {
    const { code, output } = await synth({});
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      HEAD,
      ...[0, 1, 2].map((index) =>
        expect.stringMatching(`^  networks\\.${index}\\.payTo: this is a placeholder`),
      ),
      expect.stringMatching(/^ {2}publicUrl: /),
      expect.stringMatching(/^ {2}EDGE402_CDP_KEY_ID /),
      expect.stringMatching(/^ {2}EDGE402_CDP_KEY_SECRET /),
      expect.stringMatching(/^ {2}EDGE402_KEYS /),
      expect.stringMatching(/^ {2}EDGE402_SUPPLIER_ACCESS_CODE /),
      expect.stringMatching(/^ {2}EDGE402_SUPPLIER_SECRET_KEY /),
    ]);
    expect(existsSync(join(folder, "refused/manifest.json"))).toBe(false);
  });

  test("another file's mistakes, of its shape and of its deploy part, and no secret's value", async () => {
    const sampleUrl = pathToFileURL(join(ROOT, "edge402.sample.config.ts")).href;
    const config = configFile(
      "faulty.config.ts",
      `import sample from ${JSON.stringify(sampleUrl)};
       export default { ...sample, publicUrl: "ftp://x", colour: "red", deploy: { originRegion: "mars" } };`,
    );
    const secret = "hunter2hunter2";
    const { code, output } = await synth({ config }, { ...sampleEnvironment(), EDGE402_KEYS: secret });
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      HEAD,
      expect.stringMatching(/^ {2}publicUrl: expected an https URL/),
      expect.stringMatching(/^ {2}colour: /),
      expect.stringMatching(/^ {2}deploy\.originRegion: expected an AWS region/),
      expect.stringMatching(/^ {2}EDGE402_KEYS /),
    ]);
    expect(output).not.toContain(secret);
  });

  test.each([
    ["a file that is not there", () => join(folder, "none.config.ts")],
    ["a file that can't be read", () => configFile("broken.config.ts", "export default {")],
    ["a file that exports nothing", () => configFile("empty.config.mts", "export const config = {};")],
  ])("%s", async (_, path) => {
    const config = path();
    const { code, output } = await synth({ config }, sampleEnvironment());
    expect(code).toBe(1);
    const [head, line, ...rest] = output.trim().split("\n");
    expect([head, rest]).toEqual([HEAD, []]);
    expect(line).toContain(`${config}: can't be read: `);
  });
});
