import type { ContestantName } from './contestants.ts';
import type { WorkloadName } from './workloads.ts';

export const MEASURES = ['saturated', 'rate', 'fixed', 'memory'] as const;
export type Measure = (typeof MEASURES)[number];

/** Figures of one measurement by name. */
export type Figures = Readonly<Record<string, number>>;

/** What was measured in all rounds. Idle memory belongs to no workload. */
export class Results {
  readonly #rounds = new Map<string, Figures[]>();
  readonly failures: string[] = [];

  add(measure: Measure, workload: WorkloadName | undefined, server: ContestantName, figures: Figures): void {
    const key = [measure, workload, server].join();
    this.#rounds.set(key, [...(this.#rounds.get(key) ?? []), figures]);
  }

  /** The median of each figure over the rounds; undefined where nothing was measured. */
  median(measure: Measure, workload: WorkloadName | undefined, server: ContestantName): Figures | undefined {
    const rounds = this.#rounds.get([measure, workload, server].join());
    const [first] = rounds ?? [];
    if (!rounds || !first) return undefined;
    return Object.fromEntries(
      Object.keys(first).map((name) => {
        const sorted = rounds.map((figures) => figures[name]!).sort((a, b) => a - b);
        return [name, sorted[Math.floor(sorted.length / 2)]!];
      }),
    );
  }
}
