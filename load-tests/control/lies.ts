import type { ScenarioName } from '../src/scenarios.ts';

/** What a server may do wrong, by the scenario that must notice. */
export const LIES = {
  connect: {
    mute: 'greets nobody',
    slowHello: 'greets people late',
    thrower: 'puts people out',
  },
  join: {
    short: 'opens documents with a part of their text',
    slowOpen: 'opens documents late',
  },
  type: {
    stuck: 'acknowledges every edit with the same seq',
    deaf: 'acknowledges edits and shows them to nobody',
    lossy: 'acknowledges edits and shows only some of them',
    forgetful: 'acknowledges and shows edits, and holds only some of them',
    slowStore: 'acknowledges edits late',
    slowShow: 'shows edits late',
  },
  presence: {
    hidden: 'shows cursors to nobody',
    slowCursors: 'shows cursors late',
    ghosts: 'never takes cursors away',
    slowGhosts: 'takes cursors away late',
  },
  completions: {
    endless: 'never ends an answer',
    twice: 'ends answers twice',
    scrambled: 'sends answers out of order',
    wordless: 'never has an answer',
    slowAnswer: 'answers late',
  },
  storm: {
    amnesiac: 'has lost edits after a crash',
    slowReturn: 'opens documents late after a crash',
  },
} as const satisfies Record<ScenarioName, Record<string, string>>;

export type Truth = 'none' | 'closer';

interface Honest {
  readonly title: string;
  readonly budgetFactor: string;
  readonly scenarios: readonly ScenarioName[];
}

/** What must pass. Whoever is to open a document again does so within a second (DOC-47). */
export const TRUTHS: Readonly<Record<Truth, Honest>> = {
  none: { title: 'is honest', budgetFactor: '1', scenarios: Object.keys(LIES) as ScenarioName[] },
  closer: { title: 'closes documents for people to open them again', budgetFactor: '20', scenarios: ['type'] },
};

type Of<T> = T extends unknown ? keyof T : never;
export type Lie = Truth | Of<(typeof LIES)[ScenarioName]>;
