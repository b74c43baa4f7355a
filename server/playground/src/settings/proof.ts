import { TandemError } from '@tandem/protocol/client';
import type { Account } from '@tandem/protocol/http';
import { passwordInput } from '../session/forms.js';
import { field } from '../ui/controls.js';

/** A field for the password, shown when the server asks who it is. */
export function proof({ hasPassword }: Pick<Account, 'hasPassword'>, testId: string) {
  const password = passwordInput('current-password', testId);
  password.required = false;
  const element = field(
    'Your password',
    password,
    'You have been signed in for a while: say once more that it is you.',
  );
  element.hidden = true;
  return {
    element,
    with: async <T>(work: (proof: { currentPassword?: string }) => Promise<T>): Promise<T> => {
      try {
        return await work(element.hidden ? {} : { currentPassword: password.value });
      } catch (error) {
        const isAsked = error instanceof TandemError && error.code === 'fresh_sign_in_required';
        if (!isAsked) throw error;
        if (!hasPassword) throw new Error('You have been signed in for a while: sign out and in again first');
        element.hidden = false;
        password.focus();
        throw new Error('Give your password');
      }
    },
  };
}
