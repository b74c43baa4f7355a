/** Artillery's events, as far as the scenario uses them. */
export interface Metrics {
  emit(kind: 'counter' | 'histogram', name: string, value: number): void;
}
