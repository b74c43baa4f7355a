import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { describeInBrowser } from './support/browser.js';
import { PASSWORD, PlaygroundWorld } from './support/playground-world.js';

describeInBrowser('somebody from outside', () => {
  let world: PlaygroundWorld;

  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  async function ownerIn(email: string) {
    const tokens = await world.register(email, 'Olga');
    const { projectId } = await world.projectOf(tokens, 'plan.md', 'The plan.\n');
    const owner = await world.visitor();
    await owner.signIn(email);
    await owner.ready();
    return { owner, tokens, projectId };
  }

  it('is invited by an address, makes an account, and writes in the same file', async () => {
    const { owner } = await ownerIn('olga@example.org');
    await owner.at('members').click();
    await owner.at('member-email').fill('vera@example.org');
    await owner.at('add-member').click();
    const link = await owner.at('new-link').inputValue();
    await owner.at('invitation').filter({ hasText: 'vera@example.org' }).waitFor();
    await owner.picture('invited');
    owner.troubles.forget(/404/);

    const vera = await world.visitor();
    await vera.openTab(link);
    await vera.at('sign-in-page').filter({ hasText: 'Olga invites you to Apollo as an editor' }).waitFor();
    await vera.page.getByRole('button', { name: 'Create account' }).click();
    await vera.at('display-name').fill('Vera');
    await vera.at('email').fill('vera@example.org');
    await vera.at('password').fill(PASSWORD);
    await vera.at('register').click();
    await vera.page.getByRole('button', { name: 'Join' }).click();
    await vera.ready();
    await vera.sees('The plan.');
    await vera.typeLine('Vera was here.');
    await vera.status('saved');
    await owner.at('member').filter({ hasText: 'Vera' }).waitFor();
    await owner.page.keyboard.press('Escape');
    await owner.sees('Vera was here.');
  });

  it('is told at once where an editor may write, and where not', async () => {
    const { owner, tokens, projectId } = await ownerIn('oona@example.org');
    const { accessToken } = tokens;
    await world.register('bob@example.org', 'Bob');
    await world.rest(
      'POST',
      `/projects/${projectId}/documents`,
      { path: 'docs/guide.md', text: 'A guide.\n' },
      accessToken,
    );
    await world.rest(
      'POST',
      `/projects/${projectId}/members`,
      { email: 'bob@example.org', role: 'editor' },
      accessToken,
    );
    const bob = await world.visitor();
    await bob.signIn('bob@example.org');
    await bob.ready();
    await bob.goToFile('plan.md');
    await bob.typeLine('Bob may write.');
    await bob.status('saved');

    await owner.at('project-menu').click();
    await owner.at('project-settings').click();
    for (const [access, path] of [
      ['read', '**'],
      ['write', 'docs/'],
    ] as const) {
      await owner.at('add-path-rule').click();
      await owner.at('path-rule-who').last().selectOption({ label: 'Bob' });
      await owner.at('path-rule-access').last().selectOption(access);
      await owner.at('path-rule-path').last().fill(path);
    }
    await owner.picture('path-rules');
    await owner.at('save-project-settings').click();
    await bob.status('readonly');
    await bob.picture('path-rules-bob');
    await bob.goToFile('docs/guide.md');
    await bob.typeLine('Bob may write here.');
    await bob.status('saved');
  });

  it('comes by a link for guests, and is out when it is revoked', async () => {
    const { owner, tokens, projectId } = await ownerIn('otto@example.org');
    await world.rest('PATCH', `/projects/${projectId}`, { configuration: { guests: true } }, tokens.accessToken);
    await owner.at('members').click();
    await owner.at('guest-link-name').fill('Workshop');
    await owner.at('add-guest-link').click();
    const link = await owner.at('new-link').inputValue();

    const guest = await world.visitor();
    await guest.openTab(link);
    await guest.ready();
    await guest.sees('The plan.');
    await guest.status('readonly');

    await owner.at('guest-link').filter({ hasText: 'Workshop' }).getByRole('button').click();
    await owner.page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await guest.at('editor').waitFor({ state: 'detached' });
    await owner.at('guest-link').waitFor({ state: 'detached' });
    expect(await owner.at('member').count()).toBe(1);
  });
});
