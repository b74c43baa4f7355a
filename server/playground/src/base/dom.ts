export type Child = Node | string | number | false | null | undefined;
type Attribute = string | number | boolean | null | undefined;

interface Props {
  [attribute: string]: Attribute | Listeners | Style | undefined;
  on?: Listeners;
  style?: Style;
}
type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
type Style = Record<string, string>;

/**
 * Builds an element. `true` and `false` set and leave out an attribute, except `aria-*`, where both are words.
 * Text is always a text node: nothing that people typed is read as markup.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { on, style, ...attributes } = props;
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value as Attribute);
  for (const [name, value] of Object.entries(style ?? {})) element.style.setProperty(name, value);
  for (const [type, listener] of Object.entries(on ?? {})) element.addEventListener(type, listener as EventListener);
  element.append(...present(children));
  return element;
}

export function setAttribute(element: Element, name: string, value: Attribute): void {
  const isWord = name.startsWith('aria-') || name.startsWith('data-');
  if (value === null || value === undefined || (value === false && !isWord)) element.removeAttribute(name);
  else element.setAttribute(name, value === true && !isWord ? '' : String(value));
}

/** Changes the text only if it differs, so that a live region does not speak twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export const present = (children: readonly Child[]): (Node | string)[] =>
  children
    .filter((child) => child !== false && child !== null && child !== undefined)
    .map((child) => (child instanceof Node ? child : String(child)));

interface Keyed<T, E extends HTMLElement> {
  key: (item: T) => string;
  create: (item: T) => E;
  update: (element: E, item: T) => void;
}

/** A list whose elements are kept by key over changes: focus, hover and running transitions survive. */
export function keyedList<T, E extends HTMLElement>(
  parent: HTMLElement,
  how: Keyed<T, E>,
): (items: readonly T[]) => void {
  let elements = new Map<string, E>();
  return (items) => {
    const next = new Map<string, E>();
    for (const item of items) {
      const key = how.key(item);
      const element = elements.get(key) ?? how.create(item);
      how.update(element, item);
      next.set(key, element);
    }
    for (const [key, element] of elements) if (!next.has(key)) element.remove();
    let at = parent.firstElementChild;
    for (const element of next.values()) {
      if (element === at) at = at.nextElementSibling;
      else parent.insertBefore(element, at);
    }
    elements = next;
  };
}
