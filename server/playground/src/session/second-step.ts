import { type TandemApi, TandemError } from '@tandem/protocol/client';
import { h } from '../base/dom.js';
import { field } from '../ui/controls.js';

/** Takes six digits of an app as well as a recovery code, which has letters. */
export const codeInput = (testId: string) =>
  h('input', {
    type: 'text',
    maxlength: 64,
    autocomplete: 'one-time-code',
    autocapitalize: 'none',
    spellcheck: 'false',
    'data-testid': testId,
  });

/** Sign-in with a password; the field for the code is shown when the server asks for one. */
export function secondStep(api: TandemApi, testId: string) {
  const code = codeInput(testId);
  const element = field('Code', code, 'Six digits of your authenticator app, or one of your recovery codes.');
  element.hidden = true;
  const ask = (isAsked: boolean) => {
    element.hidden = !isAsked;
    code.required = isAsked;
    code.value = '';
  };
  return {
    element,
    logIn: async (credentials: { email: string; password: string }): Promise<void> => {
      try {
        await api.login(element.hidden ? credentials : { ...credentials, code: code.value });
        ask(false);
      } catch (error) {
        if (error instanceof TandemError && error.code === 'second_factor_required') ask(true);
        // A code is good once: whatever became of this one, another is wanted.
        if (!element.hidden) code.focus();
        code.select();
        throw error;
      }
    },
  };
}
