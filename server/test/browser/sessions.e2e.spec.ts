import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { User } from '@tandem/protocol/http';
import { describeInBrowser } from './support/browser.js';
import { PASSWORD, PlaygroundWorld } from './support/playground-world.js';

describeInBrowser('sessions and tokens in the settings', () => {
  let world: PlaygroundWorld;

  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  it('shows where one is signed in, and signs out elsewhere: that page says so at once', async () => {
    await world.register('ada@example.org', 'Ada');
    const [here, elsewhere] = [await world.visitor(), await world.visitor()];
    for (const one of [here, elsewhere]) {
      await one.signIn('ada@example.org');
      await one.at('no-projects').waitFor();
    }
    await here.at('settings').click();
    const sessions = here.at('session');
    // Two browsers, and the registration.
    await here.at('session', { 'data-current': 'true' }).filter({ hasText: 'this one' }).waitFor();
    expect(await sessions.count()).toBe(3);
    await here.at('session-settings').scrollIntoViewIfNeeded();
    await here.picture('sessions');
    await here.at('end-other-sessions').click();
    await here.at('session', { 'data-current': 'false' }).first().waitFor({ state: 'detached' });
    expect(await sessions.count()).toBe(1);
    await elsewhere.status('signed-out');
    elsewhere.troubles.forget(/401/);
  });

  it('makes a token, shows it once, and revokes it; an old sign-in is asked for the password', async () => {
    await world.register('tess@example.org', 'Tess');
    const tess = await world.visitor();
    await tess.signIn('tess@example.org');
    await tess.at('no-projects').waitFor();
    await tess.at('settings').click();
    await tess.at('token-name').fill('Nightly build');
    await tess.at('make-token').click();
    const token = await tess.at('new-token-value').inputValue();
    await tess.at('token', { 'data-name': 'Nightly build' }).filter({ hasText: 'never used' }).waitFor();
    await tess.picture('tokens');
    expect(await world.rest<User>('GET', '/users/me', undefined, token)).toMatchObject({ displayName: 'Tess' });
    await expect(world.rest('POST', '/projects', { name: 'No' }, token)).rejects.toThrow('insufficient_scope');

    await tess.at('token', { 'data-name': 'Nightly build' }).getByRole('button').click();
    await tess.at('token', { 'data-name': 'Nightly build' }).waitFor({ state: 'detached' });
    await expect(world.rest('GET', '/users/me', undefined, token)).rejects.toThrow('invalid_token');

    // As the server answers a quarter of an hour later.
    let isOld = true;
    await tess.page.route('**/api/v1/users/me/tokens', (route) => {
      if (!isOld || route.request().method() !== 'POST') return route.fallback();
      isOld = false;
      const body = { type: 'about:blank', title: 'x', status: 403, detail: 'Sign in again before you do this' };
      const json = { ...body, code: 'fresh_sign_in_required', retry: 'never' };
      return route.fulfill({ status: 403, contentType: 'application/problem+json', json });
    });
    await tess.at('token-name').fill('Second');
    await tess.at('make-token').click();
    await tess.at('token-password').fill(PASSWORD);
    tess.troubles.forget(/403/);
    await tess.at('make-token').click();
    await tess.at('token', { 'data-name': 'Second' }).waitFor();
  });
});
