const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** How long ago, or how soon: `5 minutes ago`, `in 90 days`. */
export function timeWords(at: number, now: number = Date.now()): string {
  const unit = UNITS.find(([, ms]) => Math.abs(at - now) >= ms);
  return unit ? words.format(Math.round((at - now) / unit[1]), unit[0]) : 'just now';
}
