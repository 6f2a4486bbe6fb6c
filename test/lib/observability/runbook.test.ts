import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { alarms, RUNBOOK } from "../../../lib/observability/alarms.ts";
import { deploymentSchema } from "../../../protocol/deployment.ts";

const ROOT = new URL("../../../", import.meta.url);
const PARTS = ["Means", "Buyers notice", "Look at", "Do", "Over when"];

const runbook = read(RUNBOOK);
const [, alarmPart = "", otherPart = ""] = runbook.split(/^# /m).slice(1);

/** Sections of the third level by their headings. */
const sections = new Map(
  alarmPart
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => {
      const [heading = "", ...lines] = section.split("\n");
      return [heading, lines.join("\n")];
    }),
);

test("every alarm has its section in the runbook, and every section there is of an alarm", () => {
  expect([...sections.keys()].sort()).toEqual(alarms.map(({ id }) => id).sort());
});

test("every section says what it means, what buyers notice, where to look, what to do and when it is over", () => {
  const incomplete = [...sections].filter(([, text]) =>
    PARTS.some((part) => !text.includes(`- **${part}:** `)),
  );
  expect(incomplete.map(([id]) => id)).toEqual([]);
});

test("what every operator has to do some day is there without an alarm, too", () => {
  expect(headingsOf(otherPart)).toEqual(
    expect.arrayContaining([
      "Rotating the keys",
      "Funding the refund wallet",
      "A facilitator outage",
      "An RPC outage",
      "A supplier outage",
      "Restoring the table",
      "A dispute",
      "Reading the ledger archive",
    ]),
  );
});

test.each([RUNBOOK, "docs/security.md", "docs/deploy.md"])("every link in %s leads somewhere", (page) => {
  const text = read(page);
  const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const dead = links.filter((link) => {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? new URL(page, ROOT) : new URL(file, new URL(page, ROOT));
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
  });
  expect(dead).toEqual([]);
});

test("every file that the security page names as a proof exists", () => {
  const named = [
    ...read("docs/security.md").matchAll(/`((?:test|edge|origin|protocol|lib)\/[\w./-]+\.\w+)`/g),
  ];
  expect(named.length).toBeGreaterThan(20);
  expect(named.map(([, file = ""]) => file).filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
});

test("the deployment page's table has every setting of deploy, and no other", () => {
  const table = read("docs/deploy.md").split("| `deploy.` |")[1]?.split("\n\n")[0] ?? "";
  const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, setting = ""]) => setting);
  expect(rows.sort()).toEqual(Object.keys(deploymentSchema.entries).sort());
});

function read(page: string): string {
  return readFileSync(new URL(page, ROOT), "utf8");
}

function headingsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#{1,3} (.+)$/gm)].map(([, heading = ""]) => heading);
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return headingsOf(text).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** Comments in shell look like headings. */
function withoutCode(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```$/gm, "");
}
