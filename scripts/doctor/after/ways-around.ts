/** Known ways around a paywall, tried: nothing that is priced may come out, and nothing may break. */

import { type Check, failed, type Outcome, passed } from "../check.ts";
import { faultText, type Reply, send } from "../http.ts";
import { forgedGrant } from "./forged-grant.ts";
import { everythingPriced, type Priced, requestFor, type Target } from "./target.ts";

const FIX = "Stop selling until this is understood: somebody could take goods without paying. Report it.";

export function wayAroundChecks(target: Target): readonly Check[] {
  const { config, url } = target;
  const all = everythingPriced(config);
  // One of each kind: the rest of the catalog takes the same way.
  const samples = [
    all.find(({ method }) => method === "POST"),
    all.find(({ method }) => method === "GET"),
  ].filter((sample) => sample !== undefined);
  if (samples.length === 0) return [];
  const attempt = (name: string, tries: (sample: Priced) => Promise<readonly Try[]>): Check => ({
    name: `way around: ${name}`,
    run: async () => judge((await Promise.all(samples.map(tries))).flat()),
  });
  return [
    attempt("other spellings of the path", (sample) =>
      Promise.all(
        spellings(sample.path).map(async (path) => ({
          name: path,
          reply: await send(requestFor(url, sample, { target: path })),
        })),
      ),
    ),
    attempt("forged grant", async (sample) => [
      {
        name: sample.name,
        reply: await send(requestFor(url, sample, { headers: await forgedGrant(sample, target) })),
      },
    ]),
    attempt("headers that override path or method", (sample) =>
      Promise.all(
        overrides(sample).map(async (headers) => ({
          name: Object.keys(headers).join(),
          reply: await send(requestFor(url, sample, { headers })),
        })),
      ),
    ),
    attempt("other methods", (sample) =>
      Promise.all(
        METHODS.filter((method) => method !== sample.method).map(async (method) => ({
          name: `${method} ${sample.path}`,
          reply: await send(
            requestFor(url, { ...sample, method, body: BODILESS.includes(method) ? "" : sample.body }),
          ),
        })),
      ),
    ),
  ];
}

/** OPTIONS is the browser's question, and free. */
const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const BODILESS: readonly string[] = ["GET", "HEAD", "DELETE"];

interface Try {
  readonly name: string;
  readonly reply: Reply;
}

/** Refused or asked to pay is well; so is a connection that was cut, which let nothing out. */
function judge(tries: readonly Try[]): Outcome {
  const failures = tries.flatMap(({ name, reply }) => {
    if (reply.kind === "fault")
      return reply.fault === "broken_off" ? [] : [`${name}: ${faultText(reply.fault)}`];
    if (reply.status < 400) return [`${name}: answered with ${reply.status}`];
    return reply.status >= 500 ? [`${name}: broke with ${reply.status}`] : [];
  });
  return failures.length === 0
    ? passed(`${tries.length} tries, none got through`)
    : failed(failures.join("\n"), FIX);
}

/** Paths that some parser between us and the origin may take for this one. */
function spellings(path: string): readonly string[] {
  const slash = path.lastIndexOf("/");
  const parent = path.slice(0, slash);
  const name = path.slice(slash + 1);
  const encodedFirst = `%${name.charCodeAt(0).toString(16)}`;
  return [
    `/.${path}`,
    `/x/..${path}`,
    `/x/%2e%2e${path}`,
    `/${path}`,
    `${path}/`,
    `${path}/.`,
    `${path};x=1`,
    `${path}%00`,
    `${path}%20`,
    `${path}.json`,
    `${parent}/%2f${name}`,
    `${parent}/x%2f..%2f${name}`,
    `${parent}/\\${name}`,
    `${parent}/%5c${name}`,
    `${parent}/${encodedFirst}${name.slice(1)}`,
    `${parent}/${encodedFirst.replace("%", "%25")}${name.slice(1)}`,
    `${parent}/${name.toUpperCase()}`,
  ];
}

function overrides({ path, method }: Priced): readonly Readonly<Record<string, string>>[] {
  return [
    { "x-original-url": "/healthz" },
    { "x-rewrite-url": path },
    { "x-http-method-override": method === "GET" ? "OPTIONS" : "GET" },
    { "x-forwarded-prefix": "/healthz" },
  ];
}
