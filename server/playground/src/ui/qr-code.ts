import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';

/** A code that a phone reads off the screen: dark on white in every theme, with the quiet zone of four modules that readers need. */
export function qrCode(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { border: 4 });
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('class', 'qr-code');
  svg.setAttribute('data-testid', 'qr-code');
  const path = document.createElementNS(SVG, 'path');
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  path.setAttribute('d', dark.join(''));
  svg.append(path);
  return svg;
}
