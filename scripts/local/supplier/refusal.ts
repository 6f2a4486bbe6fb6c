/** What the simulated supplier says no with. */

/** An error code of eSIM Access, thrown inside the simulator only. */
export class RefusalError extends Error {
  override readonly name = "RefusalError";
  readonly code: string;

  constructor(code: string) {
    super(`refused with ${code}`);
    this.code = code;
  }
}
