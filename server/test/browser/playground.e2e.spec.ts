import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { describeInBrowser } from './support/browser.js';
import { PlaygroundWorld } from './support/playground-world.js';

describeInBrowser('the page behind the printed link', () => {
  let world: PlaygroundWorld;

  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  it('brings two people into the same file, where each sees what the other types and where', async () => {
    const [ada, bob] = await Promise.all([world.guest(), world.guest()]);
    const [adaName, bobName] = [await ada.name(), await bob.name()];
    expect(adaName).not.toBe(bobName);
    expect(await ada.front).toBe('README.md');
    expect(await bob.front).toBe('README.md');

    await ada.status('saved');
    const status = await ada.watchStatus('saved');
    await ada.typeLine('Ada was here.');
    await bob.sees('Ada was here.');
    await bob.seesCursorOf(adaName);
    expect(await status()).toEqual(['saving', 'saved']);

    await bob.typeLine('And so was Bob.');
    await ada.sees('And so was Bob.');
    await ada.seesCursorOf(bobName);
    await ada.at('presence', { 'data-name': bobName, 'data-file': 'README.md' }).waitFor();
    await bob.at('presence', { 'data-name': adaName, 'data-file': 'README.md' }).waitFor();
    // The last of it may be under way.
    await eventually('both see the same', async () => (await ada.text()) === (await bob.text()));
    await ada.picture('two-people');

    await bob.goToFile('src/todo.ts');
    await ada.at('presence', { 'data-name': bobName, 'data-file': 'todo.ts' }).waitFor();
    await ada.at('remote-cursor').waitFor({ state: 'detached' });
    await bob.typeLine('// Over here.');
    await ada.at('presence', { 'data-name': bobName }).click();
    await ada.sees('// Over here.');
    await ada.seesCursorOf(bobName);
    expect(await ada.front).toBe('src/todo.ts');

    await bob.leave();
    await ada.at('presence').waitFor({ state: 'detached' });
    await ada.at('remote-cursor').waitFor({ state: 'detached' });
  });

  it('knows a person again after a reload, and the text is still there', async () => {
    const ada = await world.guest();
    const name = await ada.name();
    await ada.goToFile('styles.css');
    await ada.typeLine('/* before the reload */');
    await ada.status('saved');
    const text = await ada.text();
    await ada.reload();
    expect(await ada.name()).toBe(name);
    expect(await ada.front).toBe('styles.css');
    await eventually('the text is there', async () => (await ada.text()).includes(text.slice(0, 200)));
    expect(ada.page.url()).not.toContain('link=');
  });

  it('keeps every character that two people type into one place at once', async () => {
    const [ada, bob] = await Promise.all([world.guest(), world.guest()]);
    await Promise.all([ada.goToFile('data.json'), bob.goToFile('data.json')]);
    await Promise.all([ada.typeLine('aaaaaaaaaaaaaaaaaaaaaaaaa'), bob.typeLine('bbbbbbbbbbbbbbbbbbbbbbbbb')]);
    const typed = (text: string) => text.slice(0, 52);
    await eventually('both have all of it', async () => {
      const [one, other] = [await ada.text(), await bob.text()];
      return one === other && /^[ab\n]{52}$/.test(typed(one));
    });
    const letters = typed(await ada.text()).replace(/\n/g, '');
    expect([...letters].sort().join('')).toBe('a'.repeat(25) + 'b'.repeat(25));
  });

  it('shows in one window what happens to files in the other', async () => {
    const [ada, bob] = await Promise.all([world.guest(), world.guest()]);
    await ada.at('new-file').click();
    await ada.at('tree-input').fill('docs/plan.md');
    await ada.at('tree-input').press('Enter');
    await ada.at('tab', { 'data-path': 'docs/plan.md', 'aria-selected': 'true' }).waitFor();
    await ada.ready();
    await ada.typeLine('The plan.');

    await bob.goToFile('docs/plan.md');
    await bob.sees('The plan.');
    await bob.at('file', { 'data-path': 'docs/plan.md' }).press('F2');
    await bob.at('tree-input').fill('idea.md');
    await bob.at('tree-input').press('Enter');
    await ada.at('tab', { 'data-path': 'docs/idea.md', 'aria-selected': 'true' }).waitFor();
    await ada.at('file', { 'data-path': 'docs/plan.md' }).waitFor({ state: 'detached' });
    await ada.sees('The plan.');

    await ada.at('file', { 'data-path': 'docs/idea.md' }).press('Delete');
    await ada.at('confirm').click();
    await bob.at('file', { 'data-path': 'docs/idea.md' }).waitFor({ state: 'detached' });
    await bob.at('tab', { 'data-path': 'docs/idea.md' }).waitFor({ state: 'detached' });
    await bob.at('toast').filter({ hasText: 'docs/idea.md was deleted' }).waitFor();
  });
});
