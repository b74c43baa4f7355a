import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { CLIENT, IdentityProvider } from '../support/identity-provider.js';
import { describeInBrowser } from './support/browser.js';
import type { Person } from './support/person.js';
import { PlaygroundWorld } from './support/playground-world.js';

describeInBrowser('somebody with an account of the company', () => {
  let company: IdentityProvider;
  let world: PlaygroundWorld;

  beforeAll(async () => {
    company = await IdentityProvider.start();
    world = await PlaygroundWorld.start({
      OIDC_ISSUER: company.issuer,
      OIDC_CLIENT_ID: CLIENT.clientId,
      OIDC_CLIENT_SECRET: CLIENT.clientSecret,
      OIDC_NAME: 'Company',
    });
    await company.allow(`${world.url}/api/v1/auth/oidc/oidc/callback`);
    company.tell('ada', { name: 'Ada Lovelace', email: 'ada@example.org', email_verified: true });
    company.tell('olga', { name: 'Olga at the company' });
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(async () => {
    await world?.stop();
    await company?.stop();
  });

  /** At the provider's own page, on the way from a button. */
  async function atCompany(person: Person, login: string | undefined): Promise<void> {
    await person.page.waitForURL(`${company.issuer}/login/**`);
    if (login === undefined) await person.page.getByRole('button', { name: 'Go away' }).click();
    else {
      await person.page.getByLabel('Name').fill(login);
      await person.page.getByRole('button', { name: 'Log in' }).click();
    }
    await person.page.waitForURL(`${world.url}/**`);
    // What is meant here is to go elsewhere.
    person.troubles.forget(/asked elsewhere/);
  }

  it('A35: signs in with the button, in a new account, and leaves nothing of it in the address', async () => {
    const ada = await world.visitor();
    await ada.at('provider-oidc').filter({ hasText: 'Continue with Company' }).waitFor();
    await ada.picture('sign-in-provider');
    await ada.at('provider-oidc').click();
    await atCompany(ada, 'ada');
    await ada.at('no-projects').waitFor();
    expect(await ada.name()).toBe('Ada Lovelace');
    expect(ada.page.url()).not.toMatch(/signed-in|code/);
    expect(await ada.page.evaluate(() => sessionStorage.getItem('tandem.browser-key'))).toBeNull();
    // Signed in as with a password: a reload changes nothing.
    await ada.page.reload();
    await ada.at('no-projects').waitFor();
    await ada.at('account').click();
    await ada.at('sign-out').click();
    await ada.at('sign-in-page').waitFor();
  });

  it('A35: who goes away at the provider reads so at the sign-in page, and may try again', async () => {
    const ada = await world.visitor();
    await ada.at('provider-oidc').click();
    await atCompany(ada, undefined);
    await ada.at('sign-in-page').filter({ hasText: 'The sign-in was cancelled.' }).waitFor();
    await ada.at('provider-oidc').click();
    await atCompany(ada, 'ada');
    await ada.at('account').waitFor();
  });

  it('A35: an address with the code of somebody else’s sign-in signs nobody in', async () => {
    const ada = await world.visitor();
    await ada.openTab(`${world.url}/#signed-in=${'x'.repeat(43)}`);
    await ada.at('sign-in-page').filter({ hasText: 'begun in another tab' }).waitFor();
    expect(ada.page.url()).not.toContain('signed-in');
  });

  it('links the company’s sign-in to an account with a password, uses it, and unlinks it', async () => {
    await world.register('olga@example.org', 'Olga');
    const olga = await world.visitor();
    await olga.signIn('olga@example.org');
    await olga.at('no-projects').waitFor();
    await openSettings(olga);
    await olga.at('link-oidc').click();
    await atCompany(olga, 'olga');
    await olga.at('toast').filter({ hasText: 'You can sign in with Company from now on.' }).waitFor();
    await openSettings(olga);
    await olga.at('identity', { 'data-provider': 'Company' }).filter({ hasText: 'Olga at the company' }).waitFor();
    await olga.at('identity-settings').scrollIntoViewIfNeeded();
    await olga.picture('identity-settings');
    await olga.page.keyboard.press('Escape');

    await olga.at('account').click();
    await olga.at('sign-out').click();
    await olga.at('provider-oidc').click();
    // The provider knows her: nothing is asked.
    await olga.at('account').waitFor();
    olga.troubles.forget(/asked elsewhere/);
    expect(await olga.name()).toBe('Olga');
    await openSettings(olga);
    await olga.at('unlink-identity').click();
    await olga.at('identity').waitFor({ state: 'detached' });
  });

  async function openSettings(person: Person): Promise<void> {
    await person.at('settings').click();
    await person.at('settings-dialog').waitFor();
  }
});
