/** What a check has to say: where in `edge402.config.ts`, what is wrong there, and what to write instead. */

export interface Fault {
  /** From the file's root, for example `networks.0.payTo`. */
  readonly path: string;
  /** A sentence without its full stop. Never repeats a value that could be a secret. */
  readonly problem: string;
  /** What to do, likewise. */
  readonly fix: string;
}

/** One line. */
export function describeFault({ path, problem, fix }: Fault): string {
  return `${path}: ${problem}; ${fix}`;
}
