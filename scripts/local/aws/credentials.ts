/** What programs on this machine sign their requests to the local AWS services with. Worth nothing anywhere else. */

/** As a Lambda function's role gets them: temporary, so never without a session token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export const localCredentials: Credentials = {
  accessKeyId: "LOCALACCESSKEY",
  secretAccessKey: "local-secret-access-key",
  sessionToken: "local-session-token",
};

export const LOCAL_ACCOUNT = "000000000000";
