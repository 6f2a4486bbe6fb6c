/** Where the commands' lines go, and the exit code of one that found something wrong. */

export interface Output {
  out(line: string): void;
  err(line: string): void;
}

export const FAILED_EXIT_CODE = 1;
