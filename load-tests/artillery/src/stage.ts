import { readFileSync } from 'node:fs';

/** What the runner has prepared on the server, handed over in a file that only its user can read. */
export interface Stage {
  readonly url: string;
  readonly accounts: readonly { readonly email: string; readonly password: string }[];
  readonly documentIds: readonly string[];
  /** Keys that each person presses, and how many in a second. */
  readonly keystrokes: number;
  readonly keysPerSecond: number;
  /** How long after the last key everything must be stored and have arrived. */
  readonly settleMs: number;
}

/** Where the path of that file stands in Artillery's environment. */
export const STAGE_FILE = 'TANDEM_LOAD_STAGE';

export function readStage(): Stage {
  return JSON.parse(readFileSync(process.env[STAGE_FILE] ?? '', 'utf8')) as Stage;
}
