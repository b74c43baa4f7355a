import type { Identity } from '../document/room/room-session.js';

/** Hues that stay apart for most kinds of colour vision and read on dark and light. */
const HUES = [210, 28, 145, 280, 345, 185, 50, 255, 90, 315];

/** How others see a user: the colour follows from the id, so it is the same on every node and every day. */
export function identityOf(userId: string, name: string): Identity {
  const hue = HUES[Number.parseInt(userId.slice(-6), 16) % HUES.length]!;
  return { id: userId, name, color: hex(hue, 0.65, 0.5), colorLight: `${hex(hue, 0.65, 0.5)}33` };
}

/** `#rrggbb` of HSL; y-codemirror wants a form that a browser's CSS takes and that appends an alpha. */
function hex(hue: number, saturation: number, lightness: number): string {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
