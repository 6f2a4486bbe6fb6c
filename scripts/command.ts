/** What all commands share: where their lines go, how they end, and which faults are told in a sentence. */

export interface Output {
  out(line: string): void;
  err(line: string): void;
}

export const terminal: Output = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
};

export const FAILED_EXIT_CODE = 1;
export const USAGE_EXIT_CODE = 2;

/** A command line that can't be obeyed. Its message is a sentence for a person. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A fault that a person can mend; its message says how. */
export class MendableError extends Error {
  override readonly name = "MendableError";
}

/**
 * Runs a command and returns its exit code. Faults that a person can mend get a sentence; anything else is a bug and
 * shows where it is.
 *
 * @param others what is mendable besides, and says so in its message
 */
export async function exitCodeOf(
  work: () => Promise<number>,
  output: Output,
  others: readonly (new (...args: never[]) => Error)[] = [],
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(`${error.message} See --help.`);
      return USAGE_EXIT_CODE;
    }
    const mendable = [MendableError, ...others].find((kind) => error instanceof kind);
    if (mendable === undefined || !(error instanceof Error)) throw error;
    output.err(error.message);
    return FAILED_EXIT_CODE;
  }
}
