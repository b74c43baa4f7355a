import { h } from '../base/dom.js';
import { readStored, writeStored } from '../base/storage.js';

const KEY = 'tandem.side';
const LEAST = 160;
const MOST = 520;
const STEP = 16;

/** The edge between the tree and the editor; dragged, or moved with the arrow keys. */
export function splitter(app: HTMLElement): HTMLElement {
  let width = readStored<number>(localStorage, KEY) ?? 240;
  const edge = h('div', {
    class: 'splitter',
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': 'Width of the file tree',
    'aria-valuemin': LEAST,
    'aria-valuemax': MOST,
  });
  const set = (next: number) => {
    width = Math.round(Math.max(LEAST, Math.min(MOST, next)));
    app.style.setProperty('--side', `${width}px`);
    edge.setAttribute('aria-valuenow', String(width));
  };
  const keep = () => writeStored(localStorage, KEY, width);
  set(width);
  edge.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    edge.setPointerCapture(event.pointerId);
    const from = event.clientX - width;
    const move = (moved: PointerEvent) => set(moved.clientX - from);
    edge.addEventListener('pointermove', move);
    edge.addEventListener(
      'lostpointercapture',
      () => {
        edge.removeEventListener('pointermove', move);
        keep();
      },
      { once: true },
    );
  });
  edge.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    set(width + (event.key === 'ArrowRight' ? STEP : -STEP));
    keep();
  });
  edge.addEventListener('dblclick', () => {
    set(240);
    keep();
  });
  return edge;
}
