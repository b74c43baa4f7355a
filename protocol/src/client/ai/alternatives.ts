/** What is shown of several texts where `typed` stands already. */
export type Rest =
  /** `others`: the alternatives that have something to show here, this one included. */
  | { readonly state: 'shown'; readonly alternative: number; readonly text: string; readonly others: readonly number[] }
  /** More may come, and may fit. */
  | { readonly state: 'open' }
  /** Every text says something else than what was typed, or nothing beyond it. */
  | { readonly state: 'none' };

/**
 * The selected one where it fits; else the first that does. The choice itself stays what it was: who takes back what
 * they typed sees it again.
 */
export const restOf = (texts: readonly string[], isDone: boolean, typed: string, selected: number): Rest => {
  const fits = (text: string) => text.length > typed.length && text.startsWith(typed);
  const mayFit = (text: string | undefined) => !isDone && typed.startsWith(text ?? '');
  const others = texts.flatMap((text, alternative) => (fits(text) ? [alternative] : []));
  if (mayFit(texts[selected])) return { state: 'open' };
  // All of what was looked at is typed: another text that goes on is not what the user saw.
  if (typed !== '' && texts[selected] === typed) return { state: 'none' };
  const alternative = others.includes(selected) ? selected : others[0];
  if (alternative !== undefined) {
    return { state: 'shown', alternative, text: texts[alternative]!.slice(typed.length), others };
  }
  return texts.some(mayFit) ? { state: 'open' } : { state: 'none' };
};
