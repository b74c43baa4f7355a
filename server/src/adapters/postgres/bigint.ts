import type { ValueTransformer } from 'typeorm';

/** `pg` returns bigint as text; counters and client ids stay below 2^53. */
export const bigintAsNumber: ValueTransformer = {
  to: (value: number | null) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
