/** The time since `began` (of `performance.now()`), for people. */
export function seconds(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(2)} s`;
}
