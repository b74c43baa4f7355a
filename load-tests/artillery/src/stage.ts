import { readFileSync } from 'node:fs';

/** What the runner has prepared on the server, handed over in a file that only its user can read. */
export interface Stage {
  readonly url: string;
  readonly accounts: readonly { readonly email: string; readonly password: string }[];
  readonly documentIds: readonly string[];
  /** Characters that each document holds already. */
  readonly characters: number;
  /** How often each person does what the scenario is about, and how often in a second. */
  readonly times: number;
  readonly perSecond: number;
  /** Until when what was done last must be complete. */
  readonly settleMs: number;
  /** Where people and the runner tell each other when to go on. */
  readonly dir: string;
}

/** Where the path of that file stands in Artillery's environment. */
export const STAGE_FILE = 'TANDEM_LOAD_STAGE';

export function readStage(): Stage {
  return JSON.parse(readFileSync(process.env[STAGE_FILE] ?? '', 'utf8')) as Stage;
}
