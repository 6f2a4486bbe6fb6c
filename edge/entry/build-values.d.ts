/** What `lib/bundle/` puts in place of these names when it builds the edge's functions. */

/** A `ConfigInput`. */
declare var EDGE402_CONFIG: unknown;

declare var EDGE402_SECRETS: import("./secrets-json.ts").BundledSecrets;
