/** What `lib/bundle/` puts in place of these names when it builds the edge's functions. */

declare var EDGE402_CONFIG: import("../../protocol/sealed-config.ts").SealedConfig;

declare var EDGE402_SECRETS: import("./secrets-json.ts").BundledSecrets;
