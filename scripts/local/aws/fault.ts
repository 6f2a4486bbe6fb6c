/** A refusal by a local AWS service, in the terms of the service's API. */

export class AwsFault extends Error {
  override readonly name = "AwsFault";
  /** For example `ResourceNotFoundException`. */
  readonly code: string;
  readonly status: number;

  /** @param message goes to the client: never with a secret in it */
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
