// What runs inside a worker thread in place of Lambda's Node.js runtime: loads the bundle, then calls its handler with
// one event at a time. Plain CommonJS, so that a cold start loads nothing but this and the bundle.
const fs = require("node:fs");
const { builtinModules } = require("node:module");
const { join } = require("node:path");
const { compileFunction, constants } = require("node:vm");
const { parentPort, workerData } = require("node:worker_threads");

const { directory, handler: handlerName, context: fixedContext } = workerData;

/** A thread has no standard output of its own: what is written to that descriptor is this thread's all the same. */
const STANDARD_OUTPUT = 1;
const { writeSync } = fs;
fs.writeSync = (descriptor, text, ...rest) => {
  if (descriptor !== STANDARD_OUTPUT || typeof text !== "string") return writeSync(descriptor, text, ...rest);
  process.stdout.write(text);
  return Buffer.byteLength(text);
};

/** Everything is in the bundle; what it still asks for must be Node.js's own. */
function requireBuiltin(name) {
  if (!name.startsWith("node:") && !builtinModules.includes(name)) {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { name: "Runtime.ImportModuleError" });
  }
  return require(name);
}

/** Compiled by hand: `require` would heed a package.json above the bundle, of which Lambda knows nothing. */
function load() {
  const [file, exported] = handlerName.split(".");
  const path = join(directory, `${file}.js`);
  const module = { exports: {} };
  const parameters = ["exports", "require", "module", "__filename", "__dirname"];
  const run = compileFunction(fs.readFileSync(path, "utf8"), parameters, {
    filename: path,
    // The AWS SDK imports Node.js's own modules when it first needs them.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run(module.exports, requireBuiltin, module, path, directory);
  const handler = module.exports[exported];
  if (typeof handler !== "function") {
    throw Object.assign(new Error(`${handlerName} is undefined or not exported`), {
      name: "Runtime.HandlerNotFound",
    });
  }
  return handler;
}

function faultOf(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: "Error", errorMessage: String(error) };
}

/**
 * What was written, in this turn or put off until its end, must be on its way before the answer is, or a log line could
 * come after what it tells of.
 */
async function flushed() {
  await new Promise((done) => setImmediate(done));
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
  );
}

async function answer(work) {
  const message = await work();
  await flushed();
  parentPort.postMessage(message);
}

void answer(async () => {
  try {
    const handler = load();
    parentPort.on("message", (invocation) => void answer(() => invoke(handler, invocation)));
    return { kind: "ready" };
  } catch (error) {
    return { kind: "init_failed", ...faultOf(error) };
  }
});

async function invoke(handler, { requestId, event, deadline }) {
  const context = {
    ...fixedContext,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    return { kind: "result", json: JSON.stringify((await handler(JSON.parse(event), context)) ?? null) };
  } catch (error) {
    return { kind: "error", ...faultOf(error) };
  }
}
