/** A CloudFront distribution as plain data with handlers, and the choice of the behavior for a path. */

import type {
  CloudFrontRequestEvent,
  CloudFrontRequestResult,
  CloudFrontResponseEvent,
  CloudFrontResponseResult,
} from "aws-lambda";

export type ViewerRequestHandler = (event: CloudFrontRequestEvent) => Promise<CloudFrontRequestResult>;

export type OriginResponseHandler = (event: CloudFrontResponseEvent) => Promise<CloudFrontResponseResult>;

export interface Origin {
  /** Scheme, host and port, for example `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Put in front of every path, for example `/prod`. */
  readonly originPath?: string;
  /** Sent to this origin in place of whatever the viewer or a function put under the same names. */
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** @default the emulator's limit `originReadTimeoutMs` */
  readonly readTimeoutSeconds?: number;
}

export interface Behavior {
  /** `*` stands for any number of characters, `?` for exactly one. The leading slash may be left out. */
  readonly pathPattern: string;
  /** A name in {@link Distribution.origins}. */
  readonly origin: string;
  readonly allowedMethods: keyof typeof methodSets;
  readonly viewerRequest?: { readonly handler: ViewerRequestHandler; readonly includeBody: boolean };
  /** Runs on every answer the origin gives, whatever its status. */
  readonly originResponse?: { readonly handler: OriginResponseHandler };
}

/**
 * Every behavior acts as with the managed policies CACHING_DISABLED and ALL_VIEWER_EXCEPT_HOST_HEADER: nothing
 * is cached, and the origin gets all the viewer's headers, cookies and query but its own host name.
 */
export interface Distribution {
  readonly id: string;
  readonly domainName: string;
  readonly origins: Readonly<Record<string, Origin>>;
  /** The first match wins; the last is `*`. */
  readonly behaviors: readonly Behavior[];
}

const methodSets = {
  GET_HEAD: ["GET", "HEAD"],
  GET_HEAD_OPTIONS: ["GET", "HEAD", "OPTIONS"],
  ALL: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
} as const;

export function allowsMethod(behavior: Behavior, method: string): boolean {
  return methodSets[behavior.allowedMethods].some((allowed) => allowed === method);
}

/** @throws Error when CloudFront would not accept the distribution */
export function checkDistribution(distribution: Distribution): void {
  if (distribution.behaviors.at(-1)?.pathPattern !== "*") {
    throw new Error(`The last behavior of distribution ${distribution.id} must have the path pattern "*".`);
  }
  for (const behavior of distribution.behaviors) originOf(distribution, behavior);
}

/** @throws Error when the behavior names no origin of the distribution */
export function originOf(distribution: Distribution, behavior: Behavior): Origin {
  const origin = distribution.origins[behavior.origin];
  if (origin === undefined) {
    throw new Error(
      `Behavior ${behavior.pathPattern} names the origin "${behavior.origin}", which is not there.`,
    );
  }
  return origin;
}

/**
 * The behavior for a path as the viewer sent it. CloudFront normalizes the path for this choice only; function
 * and origin get the raw one, so `/free/../paid` is matched as `/paid` and arrives as it was sent.
 */
export function findBehavior(distribution: Distribution, rawPath: string): Behavior {
  const path = normalizePath(rawPath);
  const found = distribution.behaviors.find(({ pathPattern }) => matches(pathPattern, path));
  if (found === undefined) throw new Error(`No behavior of distribution ${distribution.id} matches ${path}.`);
  return found;
}

function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/^\//, "")
    .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^/?${source}$`, "s").test(path);
}

/** RFC 3986 section 6.2.2: unreserved characters decoded, dot segments removed. */
function normalizePath(path: string): string {
  const decoded = path.replace(/%[0-9a-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : triplet.toUpperCase();
  });
  const segments: string[] = [];
  const parts = decoded.split("/").slice(1);
  for (const [index, part] of parts.entries()) {
    const isDots = part === "." || part === "..";
    if (part === "..") segments.pop();
    if (!isDots) segments.push(part);
    else if (index === parts.length - 1) segments.push("");
  }
  return `/${segments.join("/")}`;
}
