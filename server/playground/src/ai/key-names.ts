export const isMac = /Mac/.test(navigator.platform);

/** As they are told to people. The brackets and the backslash go by their place on an American keyboard. */
export const KEY_NAMES = {
  accept: 'Tab',
  word: isMac ? '⌥ →' : 'Ctrl →',
  next: isMac ? '⌥ ]' : 'Alt ]',
  previous: isMac ? '⌥ [' : 'Alt [',
  dismiss: 'Esc',
  ask: isMac ? '⌥ \\' : 'Alt \\',
} as const;

export type SuggestionKey = keyof typeof KEY_NAMES;
