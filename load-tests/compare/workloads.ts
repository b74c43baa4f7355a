import type { Shape } from './contestants.ts';

export interface Workload extends Shape {
  readonly label: string;
  /** Updates that each writer keeps under way when it writes as fast as it can: some thousands of all. */
  readonly window: number;
  /** Edits of all writers in a second at which the search for the highest rate begins. */
  readonly firstRate: number;
  /** Edits of each writer in a second, for the fixed load; absent: none is measured. */
  readonly fixedRate?: number;
}

export const WORKLOADS = {
  w1: { label: '1 document, 100 writers', documents: 1, writers: 100, window: 32, firstRate: 1000, fixedRate: 1 },
  w2: { label: '1 document, 10 writers', documents: 1, writers: 10, window: 128, firstRate: 4000 },
  w3: {
    label: '500 documents, 2 writers each',
    documents: 500,
    writers: 2,
    window: 8,
    firstRate: 4000,
    fixedRate: 2,
  },
} satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;
