// The entry of `npm start`. Plain CommonJS, because it must run, and say something useful, on a Node.js too old for
// everything else; and in one process, so that a signal sent to npm reaches the stack.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`edge402 needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
import("tsx/esm/api").then(({ register }) => {
  register();
  return import("./start.ts");
});
