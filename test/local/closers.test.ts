/** What was started is ended, in the opposite order, also when its start ends after everything else. */

import { expect, test } from "vitest";
import { createClosers } from "../../scripts/local/stack/closers.ts";

function closable(name: string, ended: string[]) {
  return { close: () => void ended.push(name) };
}

test("ends what was started, the last one first", async () => {
  const ended: string[] = [];
  const closers = createClosers();
  closers.add(closable("first", ended));
  closers.add(closable("second", ended));
  await closers.close();
  expect(ended).toEqual(["second", "first"]);
});

test("ends what comes too late at once", async () => {
  const ended: string[] = [];
  const closers = createClosers();
  await closers.close();
  closers.add(closable("late", ended));
  expect(ended).toEqual(["late"]);
});
