import { optionNotes } from './option.js';
import { type OptionKey, options } from './options.js';

/** The table of all settings in Markdown, for the docs. */
export function describeConfig(): string {
  const rows = Object.entries(options.shape).map(([key, schema]) => {
    const notes = optionNotes.get(options.shape[key as OptionKey]);
    const cells = [
      `\`${key}\``,
      notes?.type,
      notes?.unit,
      notes?.otherwise ?? show(schema.parse(undefined)),
      notes?.description,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| Key | Type | Unit | Default | Description |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',');
  return `\`${String(value)}\``;
}
