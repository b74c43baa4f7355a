import { tell, tellError } from './toasts.js';

/** Copies what a field shows; the field is selected, so that the keys of the system work where the page may not copy. */
export function copyFrom(field: HTMLInputElement | HTMLTextAreaElement): void {
  field.focus();
  field.select();
  // Absent on a page that came over plain HTTP from another machine.
  if (!navigator.clipboard) tell('Press Ctrl+C to copy');
  else navigator.clipboard.writeText(field.value).then(() => tell('Copied'), tellError);
}
