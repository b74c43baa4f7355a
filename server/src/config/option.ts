import { z } from 'zod';
import type { Value } from './values.js';

export interface OptionNotes {
  readonly type: string;
  readonly expects: string;
  readonly unit: string;
  readonly description: string;
  /** What stands in the table where the default is not one fixed value. */
  readonly otherwise: string | undefined;
}

export const optionNotes = z.registry<OptionNotes>();

export function optional<T>(value: Value<T>, description: string, about: Partial<OptionNotes>) {
  return value.schema.optional().register(optionNotes, notes(value, description, about));
}

export function withDefault<T>(
  value: Value<T>,
  fallback: z.core.util.NoUndefined<T>,
  description: string,
  unit?: string,
) {
  return value.schema.default(fallback).register(optionNotes, notes(value, description, { unit }));
}

function notes<T>(value: Value<T>, description: string, about: Partial<OptionNotes>): OptionNotes {
  const { type, expects } = value;
  const { unit = '', otherwise } = about;
  return { type, expects, unit, description, otherwise };
}
