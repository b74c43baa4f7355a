import { h } from '../base/dom.js';
import { messageOf } from '../ui/toasts.js';

interface TreeInputOptions {
  label: string;
  value: string;
  depth: number;
  sign: HTMLElement;
  /** Rejecting keeps the field open and shows why. */
  submit: (value: string) => Promise<void>;
  close: () => void;
}

/** A line of the tree in which a name is typed. Enter does it, Escape and leaving the field give it up. */
export function treeInput({ label, value, depth, sign, submit, close }: TreeInputOptions): HTMLElement {
  const input = h('input', {
    type: 'text',
    class: 'tree-input',
    'aria-label': label,
    value,
    maxlength: 1024,
    spellcheck: 'false',
    autocomplete: 'off',
    'data-testid': 'tree-input',
  });
  const problem = h('div', { class: 'tree-problem', role: 'alert', hidden: true });
  let sending = false;
  const send = () => {
    if (sending) return;
    if (input.value.trim() === '') return close();
    sending = true;
    submit(input.value).then(close, (error: unknown) => {
      sending = false;
      problem.textContent = messageOf(error);
      problem.hidden = false;
      input.setAttribute('aria-invalid', 'true');
      input.focus();
    });
  };
  input.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Enter') send();
    if (event.key === 'Escape') close();
  });
  input.addEventListener('input', () => {
    problem.hidden = true;
    input.removeAttribute('aria-invalid');
  });
  input.addEventListener('blur', () => {
    if (!sending) close();
  });
  // The name without its ending is what one changes most.
  queueMicrotask(() => {
    input.focus();
    const dot = value.lastIndexOf('.');
    input.setSelectionRange(value.lastIndexOf('/') + 1, dot > value.lastIndexOf('/') + 1 ? dot : value.length);
  });
  return h(
    'div',
    { class: 'tree-row editing', role: 'none', style: { '--depth': String(depth) } },
    sign,
    h('div', { class: 'tree-field' }, input, problem),
  );
}
