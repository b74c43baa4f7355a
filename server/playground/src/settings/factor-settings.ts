import type { TandemApi } from '@tandem/protocol/client';
import type { Account, Factors, StartedTotp } from '@tandem/protocol/http';
import { h } from '../base/dom.js';
import { form } from '../session/forms.js';
import { codeInput } from '../session/second-step.js';
import { button, field, whileBusy } from '../ui/controls.js';
import { copyFrom } from '../ui/copy.js';
import { qrCode } from '../ui/qr-code.js';
import { messageOf, tell } from '../ui/toasts.js';
import { proof } from './proof.js';
import { timeWords } from './time-words.js';

/** The part of the settings about the code that is asked for after the password; nothing for who has no password. */
export function factorSettings(api: TandemApi): HTMLElement {
  const body = h('div', { class: 'stack' });
  const section = h(
    'fieldset',
    { class: 'settings', 'data-testid': 'factor-settings', hidden: true },
    h('legend', {}, 'Two-step sign-in'),
    body,
  );
  const show = async (codes: readonly string[] = []) => {
    const [account, factors] = await Promise.all([api.account.get(), api.factors.get()]);
    section.hidden = factors.totp === null && !(account.kind === 'person' && account.hasPassword);
    body.replaceChildren(
      ...(codes.length > 0 ? [recoveryCodes(codes)] : []),
      ...(factors.totp === null ? off(api, account, begun) : on(api, factors, reload)),
    );
  };
  const reload = (codes?: readonly string[]) => show(codes).catch(fail);
  const begun = (started: StartedTotp) => body.replaceChildren(...confirm(api, started, reload));
  const fail = (error: unknown) => {
    section.hidden = false;
    body.replaceChildren(h('p', { class: 'problem' }, messageOf(error)));
  };
  void reload();
  return section;
}

type Reload = (codes?: readonly string[]) => Promise<void>;

const line = (words: string, testId?: string) => h('p', { class: 'hint', 'data-testid': testId }, words);

function off(api: TandemApi, account: Account, begun: (started: StartedTotp) => void): HTMLElement[] {
  const again = proof(account, 'factor-password');
  const submit = button('Turn on', { type: 'submit', testId: 'start-factor' });
  return [
    line(
      'Off. When it is on, signing in with your password asks for a code of an app on your phone too.',
      'factor-state',
    ),
    form('start-factor-form', submit, [again.element], async () => {
      begun(await again.with((currentPassword) => api.factors.startTotp(currentPassword)));
    }),
  ];
}

function confirm(api: TandemApi, { secret, uri }: StartedTotp, reload: Reload): HTMLElement[] {
  const code = codeInput('factor-code');
  code.required = true;
  const submit = button('Confirm', { kind: 'primary', type: 'submit', testId: 'confirm-factor' });
  return [
    line(
      'Scan this with your authenticator app, or give it the key or the address below. Then type the code that it shows.',
    ),
    h('div', {}, qrCode(uri, 'QR code of the key for an authenticator app')),
    shown('Key', secret, 'factor-secret'),
    shown('Address', uri, 'factor-uri'),
    form('confirm-factor-form', submit, [field('Code of the app', code)], async () => {
      await reload(await api.factors.confirmTotp(code.value));
      tell('Two-step sign-in is on.');
    }),
    button('Cancel', { onClick: () => void reload() }),
  ];
}

function on(api: TandemApi, { totp, recoveryCodes: left }: Factors, reload: Reload): HTMLElement[] {
  const code = codeInput('factor-code');
  code.required = true;
  const problem = h('p', { class: 'problem', role: 'alert', 'data-testid': 'factor-problem' });
  const press = (control: HTMLButtonElement, work: () => Promise<void>) => {
    if (!code.reportValidity()) return;
    problem.textContent = '';
    whileBusy(control, work).catch((error: unknown) => {
      problem.textContent = messageOf(error);
    });
  };
  const renew = button('New recovery codes', {
    testId: 'renew-codes',
    onClick: () => press(renew, async () => reload(await api.factors.renewRecoveryCodes(code.value))),
  });
  const end = button('Turn off', {
    kind: 'danger',
    testId: 'end-factor',
    onClick: () =>
      press(end, async () => {
        await api.factors.endTotp(code.value);
        tell('Two-step sign-in is off.');
        await reload();
      }),
  });
  return [
    line(`Turned on ${timeWords(totp?.since ?? 0)}. Recovery codes that are left: ${left}.`, 'factor-state'),
    field('A code of the app, or a recovery code', code),
    problem,
    h('div', { class: 'input-row' }, renew, end),
  ];
}

function recoveryCodes(codes: readonly string[]): HTMLElement {
  const list = h('textarea', {
    readonly: true,
    rows: codes.length,
    spellcheck: 'false',
    'data-testid': 'recovery-codes',
  });
  list.value = codes.join('\n');
  return field(
    'Recovery codes',
    list,
    'Keep them where you do not keep the phone. Each signs in once; they are not shown again.',
  );
}

function shown(label: string, value: string, testId: string): HTMLElement {
  const input = h('input', {
    type: 'text',
    readonly: true,
    value,
    'data-testid': testId,
    on: { focus: () => input.select() },
  });
  return field(label, input, undefined, [button('Copy', { icon: 'copy', onClick: () => copyFrom(input) })]);
}
