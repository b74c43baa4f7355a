import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Member, Tokens } from '@tandem/protocol/http';
import { eventually } from '../../src/testing/eventually.js';
import { describeInBrowser } from './support/browser.js';
import { PASSWORD, PlaygroundWorld } from './support/playground-world.js';

describeInBrowser('somebody with an account', () => {
  let world: PlaygroundWorld;

  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  it('registers, makes a project and a file, signs out, and finds it all again', async () => {
    const ada = await world.visitor();
    await ada.picture('sign-in');
    await ada.page.getByRole('button', { name: 'Create account' }).click();
    await ada.at('display-name').fill('Ada Lovelace');
    await ada.at('email').fill('ada@example.org');
    await ada.at('password').fill(PASSWORD);
    await ada.at('register').click();

    await ada.at('no-projects').getByRole('button', { name: 'New project' }).click();
    await ada.at('ask-input').fill('Analytical Engine');
    await ada.at('ask-submit').click();
    await ada.at('empty-project').getByRole('button', { name: 'New file' }).click();
    await ada.at('tree-input').fill('notes/g.md');
    await ada.at('tree-input').press('Enter');
    await ada.ready();
    await ada.typeLine('Bernoulli numbers.');
    await ada.status('saved');

    await ada.at('account').click();
    await ada.at('sign-out').click();
    await ada.at('sign-in-page').waitFor();
    await ada.page.reload();
    await ada.signIn('ada@example.org', 'not the right sentence');
    await ada.at('sign-in-problem').filter({ hasText: 'Unknown e-mail address or wrong password' }).waitFor();
    ada.troubles.forget(/401/);

    await ada.signIn('ada@example.org');
    await ada.ready();
    expect(await ada.name()).toBe('Ada Lovelace');
    expect(await ada.front).toBe('notes/g.md');
    await ada.sees('Bernoulli numbers.');
    await ada.at('project-menu').filter({ hasText: 'Analytical Engine' }).waitFor();
  });

  it('who becomes a viewer reads on, writes nothing, and writes again when the role is back', async () => {
    const [owner, account] = await Promise.all([
      world.register('olga@example.org', 'Olga'),
      world.register('vera@example.org', 'Vera'),
    ]);
    const { projectId } = await world.projectOf(owner, 'plan.md');
    const as = (method: string, path: string, body: unknown) =>
      world.rest<Member>(method, `/projects/${projectId}/members${path}`, body, owner.accessToken);
    const vera = await world.visitor();
    await vera.signIn('vera@example.org');
    await vera.at('no-projects').waitFor();
    const { userId } = await as('POST', '', { email: 'vera@example.org', role: 'editor' });
    expect(userId).toBe(account.user.id);

    await vera.at('project-menu').click();
    await vera.at('project').filter({ hasText: 'Apollo' }).click();
    await vera.ready();
    await vera.typeLine('Vera was an editor.');
    await vera.status('saved');

    await as('PATCH', `/${userId}`, { role: 'viewer' });
    await vera.status('readonly');
    await vera.at('readonly-notice').filter({ hasText: 'your role here is viewer' }).waitFor();
    await vera.at('new-file').waitFor({ state: 'hidden' });
    await vera.typeLine('Nobody will read this.');
    expect(await vera.text()).toBe('Vera was an editor.\n');
    await vera.picture('viewer');

    await as('PATCH', `/${userId}`, { role: 'editor' });
    await vera.status('saved');
    await vera.typeLine('Again.');
    await vera.status('saved');
    expect(await vera.text()).toBe('Again.\nVera was an editor.\n');

    await world.rest('DELETE', `/projects/${projectId}/members/${userId}`, undefined, owner.accessToken);
    await vera.at('toast').filter({ hasText: 'You are no longer a member of Apollo' }).waitFor();
    await vera.at('editor').waitFor({ state: 'detached' });
  });

  it('keeps theme, font size and keymap, in every window and after a reload', async () => {
    const account: Tokens = await world.register('tess@example.org', 'Tess');
    const { documentId } = await world.projectOf(account, 'keys.md');
    const tess = await world.visitor();
    await tess.signIn('tess@example.org');
    await tess.ready();
    const style = (name: string) =>
      tess.page.locator('.cm-content').evaluate((text, key) => getComputedStyle(text).getPropertyValue(key), name);
    const background = () => tess.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();

    await tess.at('settings').click();
    await tess.page.locator('input[name=theme][value=dark]').check({ force: true });
    await tess.at('font-size').fill('20');
    await tess.at('keymap').selectOption('vim');
    await tess.at('settings-state').filter({ hasText: 'Saved in your profile.' }).waitFor();
    await tess.picture('settings');
    await tess.page.keyboard.press('Escape');
    expect(await background()).not.toBe(light);
    expect(await style('font-size')).toBe('20px');

    await tess.reload();
    await tess.page.locator('html[data-theme=dark]').waitFor();
    await tess.page.locator('.cm-vim-panel').waitFor();
    expect(await style('font-size')).toBe('20px');
    // Letters are commands now, until one of them begins an insertion.
    await tess.page.locator('.cm-content').click();
    await tess.page.keyboard.type('xxione two three');
    await tess.page.keyboard.press('Escape');
    await tess.page.keyboard.type('0dw');
    await eventually('the word is gone', async () => (await tess.text()) === 'two three');
    await tess.picture('vim');

    await tess.at('settings').click();
    await tess.at('keymap').selectOption('emacs');
    await tess.page.keyboard.press('Escape');
    await tess.page.locator('.cm-vim-panel').waitFor({ state: 'detached' });
    await tess.page.locator('.cm-content').click();
    await tess.page.keyboard.press('Control+a');
    await tess.page.keyboard.press('Alt+f');
    await tess.page.keyboard.press('Control+k');
    await eventually('the rest is gone', async () => (await tess.text()) === 'two');
    const stored = () => world.rest('GET', `/documents/${documentId}/text`, undefined, account.accessToken);
    await eventually('it is saved', async () => (await stored()) === 'two');
  });
});
