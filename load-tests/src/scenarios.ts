import { codeText, longText } from './texts.ts';

/** How much load, unless settings say otherwise. */
export interface Defaults {
  readonly users: number;
  readonly documents: number;
  readonly seconds: number;
  /** How often each person does what the scenario is about, in a second. */
  readonly perSecond: number;
  readonly rampSeconds: number;
  readonly settleSeconds: number;
}

/** A run fails when the figure is above: `p95`, `p99` or `max` of one of Artillery's histograms, in ms. */
export interface Budget {
  readonly metric: string;
  readonly figure: 'p50' | 'p95' | 'p99' | 'max';
  readonly ms: number;
}

/** How much was to be done. */
export interface Doing extends Defaults {
  /** By each person: seconds x perSecond. */
  readonly times: number;
}

export interface Scenario {
  readonly title: string;
  readonly full: Defaults;
  readonly short: Defaults;
  /** What documents hold before. */
  readonly text?: string;
  readonly extension: string;
  /** Each person has a document alone. */
  readonly ownDocuments?: boolean;
  /** What must have been counted. */
  expected(doing: Doing): readonly (readonly [what: string, counter: string, count: number | 'some'])[];
  /** Keys by which all documents together must have grown, in `seq` and in length. */
  keys(doing: Doing): number;
  readonly budgets: readonly Budget[];
}

const settle = { settleSeconds: 15 };
const people = { users: 40, documents: 10, seconds: 20, perSecond: 5, rampSeconds: 5, ...settle };
const few = { users: 10, documents: 5, seconds: 4, perSecond: 5, rampSeconds: 2, ...settle };
const none = () => 0;
/** Documents of one person in the storm: `come-back.ts`. */
const STORM_DOCUMENTS = 3;

/** Budgets are for two processors that everything shares, Artillery too: they catch what is broken, not what is slow by half. */
export const SCENARIOS = {
  connect: {
    title: 'People sign in, connect and stay',
    full: { ...people, users: 200, perSecond: 1, rampSeconds: 20 },
    short: { ...few, users: 20, perSecond: 1 },
    extension: 'txt',
    expected: ({ users }) => [['people who were greeted', 'tandem.connected', users]],
    keys: none,
    budgets: [{ metric: 'tandem.connect_ms', figure: 'p99', ms: 500 }],
  },
  join: {
    title: 'People open documents of 200,000 characters, again and again',
    full: { ...people, perSecond: 1 },
    short: { ...few, perSecond: 1 },
    text: longText(200_000),
    extension: 'txt',
    expected: ({ users, times }) => [['documents that were opened whole', 'tandem.joined', users * times]],
    keys: none,
    budgets: [{ metric: 'tandem.join_ms', figure: 'p99', ms: 500 }],
  },
  type: {
    title: 'People type into shared documents',
    full: people,
    short: few,
    extension: 'txt',
    expected: ({ users, times }) => [
      ['keys acknowledged as stored', 'tandem.stored', users * times],
      ['keys that another client received', 'tandem.received', users * times],
    ],
    keys: ({ users, times }) => users * times,
    budgets: [
      { metric: 'tandem.stored_ms', figure: 'p99', ms: 250 },
      { metric: 'tandem.received_ms', figure: 'p99', ms: 250 },
    ],
  },
  presence: {
    title: 'People move their cursors',
    full: { ...people, perSecond: 10 },
    short: few,
    extension: 'txt',
    expected: ({ users }) => [['cursors seen where they ended', 'tandem.cursors_seen', users]],
    keys: none,
    budgets: [
      { metric: 'tandem.cursor_ms', figure: 'p99', ms: 400 },
      { metric: 'tandem.cursor_gone_ms', figure: 'p99', ms: 1000 },
    ],
  },
  completions: {
    title: 'People ask for completions',
    full: { ...people, perSecond: 1 },
    short: { ...few, perSecond: 1 },
    text: codeText(60),
    extension: 'ts',
    ownDocuments: true,
    expected: ({ users, times }) => [
      ['completions that ended', 'tandem.completed', users * times],
      ['completions that suggest something', 'tandem.suggested', 'some'],
    ],
    keys: none,
    budgets: [{ metric: 'tandem.completion_ms', figure: 'p95', ms: 1000 }],
  },
  storm: {
    title: 'The server is killed, and people come back all at once',
    full: { ...people, users: 200, documents: 60, seconds: 1, perSecond: 1, rampSeconds: 20, settleSeconds: 30 },
    short: { ...few, users: 20, seconds: 1, perSecond: 1, settleSeconds: 30 },
    extension: 'txt',
    expected: ({ users, documents }) => [
      ['people who came back', 'tandem.back', users],
      ['keys acknowledged as stored', 'tandem.stored', 2 * users * Math.min(STORM_DOCUMENTS, documents)],
    ],
    keys: ({ users, documents }) => 2 * users * Math.min(STORM_DOCUMENTS, documents),
    // Until everybody is back, from when the new server listens: `storm.ts`.
    budgets: [{ metric: 'back', figure: 'max', ms: 5000 }],
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
