/** Why an invocation has no result, in Lambda's terms. */

/** The function threw, could not be loaded, or ended its process. */
export class FunctionError extends Error {
  override readonly name: string = "FunctionError";
  /** The thrown error's name, or Lambda's own, for example `Runtime.ExitError`. */
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(`${errorType}: ${message}`);
    this.errorType = errorType;
  }
}

export class FunctionTimedOut extends FunctionError {
  override readonly name = "FunctionTimedOut";

  constructor(timeoutMs: number) {
    super("Sandbox.Timedout", `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`);
  }
}
