import { h } from '../base/dom.js';

/** Up to two letters: of the first and the last word of a name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] ?? '')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** Dark or light letters, whichever stands out more on `background` (WCAG relative luminance). */
export function inkOn(background: string): string {
  const hex = /^#([\da-f]{6})/i.exec(background)?.[1];
  if (!hex) return '#ffffff';
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.058 > 1.05 / (luminance + 0.05) ? '#14181b' : '#ffffff';
}

/** A colour as the server stamps it is used in styles: anything but a plain colour is left out. */
export const safeColor = (color: unknown): string =>
  typeof color === 'string' && /^(#[\da-f]{3,8}|(rgb|hsl)a?\([\d\s.,%/deg]+\))$/i.test(color) ? color : '#7a8691';

export function avatar(name: string, color: string | undefined): HTMLSpanElement {
  const style: Record<string, string> = {};
  if (color) {
    style['--person'] = safeColor(color);
    style['--person-ink'] = inkOn(color);
  }
  return h('span', { class: color ? 'avatar' : 'avatar self', style, 'aria-hidden': 'true' }, initials(name));
}
