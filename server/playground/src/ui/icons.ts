/** Stroked outlines on a grid of 16; every sub-path takes the colour of the text around it. */
const OUTLINES = {
  alert: 'M8 2.25l6.25 11H1.75zM8 6.5v3.25M8 11.5v.01',
  'arrow-down': 'M8 3v10M4 9l4 4 4-4',
  'arrow-up': 'M8 13V3M4 7l4-4 4 4',
  bookmark: 'M4.25 2.25h7.5v11.5L8 10.75l-3.75 3z',
  check: 'M3 8.5l3.25 3L13 4.5',
  chevron: 'M6 4l4 4-4 4',
  'chevron-down': 'M4 6l4 4 4-4',
  close: 'M4.25 4.25l7.5 7.5M11.75 4.25l-7.5 7.5',
  collapse: 'M4.5 2.75L8 6.25l3.5-3.5M4.5 13.25L8 9.75l3.5 3.5',
  copy: 'M5.75 5.75h7.5v7.5h-7.5zM10.25 5.5V2.75h-7.5v7.5H5.5',
  error: 'M8 14.25a6.25 6.25 0 1 0 0-12.5 6.25 6.25 0 0 0 0 12.5zM5.75 5.75l4.5 4.5M10.25 5.75l-4.5 4.5',
  file: 'M9.25 1.75h-5a1 1 0 0 0-1 1v10.5a1 1 0 0 0 1 1h7.5a1 1 0 0 0 1-1V5.25zM9.25 1.75v3.5h3.5',
  'file-plus': 'M12.75 7V5.25l-3.5-3.5h-5a1 1 0 0 0-1 1v10.5a1 1 0 0 0 1 1h3M9.25 1.75v3.5h3.5M11.5 9.5v5M9 12h5',
  folder: 'M1.75 4.25v8a1 1 0 0 0 1 1h10.5a1 1 0 0 0 1-1v-6.5a1 1 0 0 0-1-1H8L6.5 3.25H2.75a1 1 0 0 0-1 1z',
  'folder-plus': 'M14.25 7.5V5.75a1 1 0 0 0-1-1H8L6.5 3.25H2.75a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1H7.5M12 9.5v5M9.5 12h5',
  'folder-open':
    'M1.75 12.25v-8a1 1 0 0 1 1-1H6.5L8 4.75h4.5a1 1 0 0 1 1 1v1M1.75 12.25l1.8-4.8a1 1 0 0 1 .94-.65h9.3a.75.75 0 0 1 .7 1l-1.7 4.8a1 1 0 0 1-.94.65H2.75a1 1 0 0 1-1-1z',
  hint: 'M5.9 10.2a4 4 0 1 1 4.2 0v1.3H5.9zM6.5 13.75h3',
  history: 'M2.25 8a5.75 5.75 0 1 0 1.9-4.27L2.25 5.5M2.25 2.25V5.5H5.5M8 4.75V8l2.25 1.5',
  info: 'M8 14.25a6.25 6.25 0 1 0 0-12.5 6.25 6.25 0 0 0 0 12.5zM8 7.5v3.5M8 5v.01',
  keyboard: 'M1.75 4.25h12.5v7.5H1.75zM4.25 7v.01M6.75 7v.01M9.25 7v.01M11.75 7v.01M5 9.5h6',
  lock: 'M3.75 7.25h8.5v6.5h-8.5zM5.5 7.25V5a2.5 2.5 0 0 1 5 0v2.25',
  more: 'M3.5 8v.01M8 8v.01M12.5 8v.01',
  offline:
    'M2 2l12 12M4.3 7.9a5.5 5.5 0 0 1 2-1.3M11.7 7.9a5.5 5.5 0 0 0-2.5-1.5M1.8 5.5a9 9 0 0 1 2.4-1.6M14.2 5.5a9 9 0 0 0-7-2.2M6.3 10.3a2.5 2.5 0 0 1 3.2-.1M8 12.75v.01',
  pencil: 'M10.5 2.75l2.75 2.75-7.5 7.5H3v-2.75zM8.75 4.5l2.75 2.75',
  plus: 'M8 3.25v9.5M3.25 8h9.5',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.45 3.45',
  settings:
    'M1.75 4.75h6.5M12.25 4.75h2M10.25 6.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5zM1.75 11.25h2M7.75 11.25h6.5M5.75 13a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5z',
  sidebar: 'M2.75 2.75h10.5a1 1 0 0 1 1 1v8.5a1 1 0 0 1-1 1H2.75a1 1 0 0 1-1-1v-8.5a1 1 0 0 1 1-1zM6.25 2.75v10.5',
  sparkle:
    'M7 2.25c.5 3 1.75 4.25 4.75 4.75C8.75 7.5 7.5 8.75 7 11.75 6.5 8.75 5.25 7.5 2.25 7 5.25 6.5 6.5 5.25 7 2.25zM12.25 10.25c.2 1.2.8 1.8 2 2-1.2.2-1.8.8-2 2-.2-1.2-.8-1.8-2-2 1.2-.2 1.8-.8 2-2z',
  'sign-out': 'M6.25 2.75h-3.5v10.5h3.5M10 5l3 3-3 3M13 8H6.25',
  trash: 'M2.75 4.25h10.5M6 4.25v-1.5h4v1.5M4 4.25l.6 9h6.8l.6-9M6.75 7v3.5M9.25 7v3.5',
  users:
    'M6 7.25a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.3 2-4 4.5-4s4.5 1.7 4.5 4M10.75 2.6a2.4 2.4 0 0 1 0 4.3M12 9.9c1.5.6 2.5 1.9 2.5 3.6',
} as const;

export type IconName = keyof typeof OUTLINES;

const SVG = 'http://www.w3.org/2000/svg';

/** Decoration: the control around it carries the name. */
export function icon(name: IconName): SVGSVGElement {
  return drawing([{ d: OUTLINES[name], stroke: 'currentColor' }], 16, `icon icon-${name}`);
}

/** Two carets in step. */
export function logo(): SVGSVGElement {
  return drawing(
    [
      { d: 'M2.5 2.5h5M5 2.5v12M2.5 14.5h5', stroke: 'var(--accent)' },
      { d: 'M12.5 5.5h5M15 5.5v12M12.5 17.5h5', stroke: 'var(--second)' },
    ],
    20,
    'logo',
  );
}

function drawing(paths: readonly { d: string; stroke: string }[], size: number, className: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  for (const { d, stroke } of paths) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    path.setAttribute('stroke', stroke);
    svg.append(path);
  }
  return svg;
}
