/** One question about the world and its answer, and how all of them are asked at once without one holding up another. */

export type Status =
  | "passed"
  | "failed"
  /** Told for information, or not asked. It fails nothing. */
  | "open";

export interface Outcome {
  readonly status: Status;
  /** What was found, a sentence without a full stop; several are lines. Never holds a secret. */
  readonly finding: string;
  /** What to do about it, or null. */
  readonly fix: string | null;
}

export interface Check {
  /** Unique, and stable between runs. */
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

export type CheckResult = Outcome & Pick<Check, "name">;

export function passed(finding: string): Outcome {
  return { status: "passed", finding, fix: null };
}

export function failed(finding: string, fix: string): Outcome {
  return { status: "failed", finding, fix };
}

export function open(finding: string, fix: string | null = null): Outcome {
  return { status: "open", finding, fix };
}

/** Each single request has a shorter deadline than this; here ends whatever gets around those. Milliseconds. */
const CHECK_DEADLINE_MS = 30_000;

/** Never rejects: a check that throws has failed, and so has one that does not end. */
export function runChecks(
  checks: readonly Check[],
  deadlineMs = CHECK_DEADLINE_MS,
): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map((check) => runCheck(check, deadlineMs)));
}

async function runCheck({ name, run }: Check, deadlineMs: number): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const outcome = failed(
      `no result within ${deadlineMs / 1_000} s`,
      "Try again; then look at what it asks.",
    );
    timer = setTimeout(() => resolve(outcome), deadlineMs);
  });
  try {
    return { name, ...(await Promise.race([run(), late])) };
  } catch (error) {
    // The message may quote what the world answered; the name can't.
    const kind = error instanceof Error ? error.name : "unknown";
    return { name, ...failed(`the check itself broke (${kind})`, "This is a fault in edge402: report it.") };
  } finally {
    clearTimeout(timer);
  }
}

/** Asks at most once, for several checks that need one answer. */
export function shared<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
