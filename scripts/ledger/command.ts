/** The ledger's commands, from arguments to output and exit code. */

import { statSync } from "node:fs";
import { S3Client } from "@aws-sdk/client-s3";
import { createFolderReader } from "../../origin/archive/folder.ts";
import { ArchiveUnavailableError, type ObjectReader } from "../../origin/archive/port.ts";
import { createS3Reader } from "../../origin/archive/s3.ts";
import { type VerifyOptions, verifyArchive } from "../../origin/archive/verify.ts";
import { StoreUnavailableError } from "../../origin/purchase/ports.ts";
import { exitCodeOf, FAILED_EXIT_CODE, MendableError, type Output, UsageError } from "../command.ts";
import { type ArchivePlace, helpText, type LedgerCommand, parseCommandLine } from "./command-line.ts";
import { findingLine, summaryLine, verificationJson } from "./describe.ts";
import { disputes } from "./disputes.ts";
import { createSearch } from "./search.ts";
import { showJson, showText } from "./show.ts";
import { unmatched } from "./unmatched.ts";

/** Batches between two lines of progress. */
const PROGRESS_EVERY = 500;

/** Runs the command and returns its exit code. */
export async function runLedger(args: readonly string[], output: Output): Promise<number> {
  return exitCodeOf(async () => {
    const command = parseCommandLine(args);
    if (command.kind === "help") {
      output.out(helpText);
      return 0;
    }
    try {
      return await obey(command, output);
    } catch (error) {
      if (error instanceof ArchiveUnavailableError) {
        throw new MendableError(`The archive can't be read (${error.message}).`);
      }
      if (error instanceof StoreUnavailableError) {
        throw new MendableError(`The table can't be read (${error.message}).`);
      }
      throw error;
    }
  }, output);
}

async function obey(command: Exclude<LedgerCommand, { kind: "help" }>, output: Output): Promise<number> {
  if (command.kind === "unmatched") return unmatched(command, output);
  if (command.kind === "disputes") return disputes(command, output);
  const reader = openArchive(command.place);
  return command.kind === "verify" ? verify(command, reader, output) : show(command, reader, output);
}

function openArchive(place: ArchivePlace): ObjectReader {
  if (place.kind === "bucket") {
    return createS3Reader(new S3Client(place.region === null ? {} : { region: place.region }), place.bucket);
  }
  const isFolder = statSync(place.folder, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) throw new UsageError(`There is no folder ${place.folder}.`);
  return createFolderReader(place.folder);
}

async function verify(
  command: Extract<LedgerCommand, { kind: "verify" }>,
  reader: ObjectReader,
  output: Output,
): Promise<number> {
  const verification = await verifyArchive(reader, optionsOf(command, output));
  if (command.json) output.out(JSON.stringify(verificationJson(verification)));
  else {
    for (const finding of verification.findings) output.out(findingLine(finding));
    output.out(summaryLine(verification));
  }
  return verification.findings.length === 0 ? 0 : FAILED_EXIT_CODE;
}

async function show(
  command: Extract<LedgerCommand, { kind: "show" }>,
  reader: ObjectReader,
  output: Output,
): Promise<number> {
  const search = createSearch(command.wanted);
  const verification = await verifyArchive(reader, {
    ...optionsOf(command, output),
    onRecord: search.take,
  });
  const purchases = search.found();
  output.out(
    command.json
      ? JSON.stringify(showJson(purchases, verification))
      : showText(purchases, verification).join("\n"),
  );
  return purchases.length > 0 && verification.findings.length === 0 ? 0 : FAILED_EXIT_CODE;
}

function optionsOf({ expected }: Pick<LedgerCommand & { kind: "verify" }, "expected">, output: Output) {
  const options: VerifyOptions = {
    onProgress: (done, total) => {
      if (done % PROGRESS_EVERY === 0 && done < total) output.err(`${done} of ${total} batches checked`);
    },
  };
  return expected === null ? options : { ...options, expected };
}
