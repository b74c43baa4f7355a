import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { describeInBrowser } from './support/browser.js';
import type { Person } from './support/person.js';
import { PlaygroundWorld } from './support/playground-world.js';

const OTHER = 'queue.enqueue(createTask(options, defaults));';
/** After the other one so often that a model that has counted the project can only go on in the same way. */
const LINE = 'registry.register(createHandler(options, defaults));';
const BEGUN = 'registry.';
const REST = LINE.slice(BEGUN.length);
const REPEATED = `// Handlers.\n${`${OTHER}\n${LINE}\n`.repeat(6)}${OTHER}\n`;

describeInBrowser('suggestions and problems in the page', () => {
  let world: PlaygroundWorld;
  let count = 0;

  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  /** Ada, who owns a new project with one file, and Bob, who may edit it; both have the file in front. */
  async function two(path: string, text: string) {
    count += 1;
    const addresses = [`ada${count}@example.org`, `bob${count}@example.org`] as const;
    const owner = await world.register(addresses[0], 'Ada');
    await world.register(addresses[1], 'Bob');
    const { projectId } = await world.projectOf(owner, path, text);
    const member = { email: addresses[1], role: 'editor' };
    await world.rest('POST', `/projects/${projectId}/members`, member, owner.accessToken);
    const [ada, bob] = await Promise.all([world.visitor(), world.visitor()]);
    await Promise.all([ada.signIn(addresses[0]), bob.signIn(addresses[1])]);
    await Promise.all([ada.ready(), bob.ready()]);
    return { ada, bob, owner, projectId };
  }

  it('what a model suggests to one is seen by both, accepted by that one, and marked for both', async () => {
    const { ada, bob } = await two('src/handlers.ts', REPEATED);
    await ada.at('ai-status').filter({ hasText: 'tandem-ngram' }).waitFor();
    await ada.typeAtEnd(BEGUN);
    const [hers, his] = [ada.ghost('mine'), bob.ghost({ name: 'Ada' })];
    await Promise.all([hers.waitFor(), his.waitFor()]);
    const see = async (rest: string) => (await ada.words(hers)) === rest && (await bob.words(his)) === rest;
    await eventually('both see all of it', () => see(REST));
    await his.filter({ hasText: 'Ada’s suggestion' }).waitFor();
    for (const person of [ada, bob]) {
      await eventually('it is not in the text', async () => (await person.text()) === `${REPEATED}${BEGUN}`);
    }
    await ada.picture('suggestion-mine');
    await bob.picture('suggestion-peer');

    // What is typed of it asks for nothing, and what is left of it stays.
    const asked = ada.timesSent('completion:start');
    expect(asked).toBeGreaterThan(0);
    await ada.page.keyboard.type('regi');
    await eventually('both see the rest', () => see(REST.slice('regi'.length)));
    expect(ada.timesSent('completion:start')).toBe(asked);

    // It is not Bob's: his Tab indents.
    await bob.page.locator('.cm-content').click();
    await bob.page.keyboard.press('Control+Home');
    await bob.page.keyboard.press('Tab');
    await eventually('she sees it', async () => (await ada.text()).startsWith('  // Handlers.'));
    await bob.page.keyboard.press('Control+z');
    await eventually('he has taken it back', async () => (await ada.text()).startsWith('// Handlers.'));

    await ada.page.keyboard.press('Control+ArrowRight');
    await ada.page.keyboard.press('Tab');
    await Promise.all([hers.waitFor({ state: 'detached' }), his.waitFor({ state: 'detached' })]);
    const all = `${REPEATED}${LINE}`;
    await eventually('both have it', async () => (await ada.text()) === all && (await bob.text()) === all);
    await Promise.all([ada.aiText('createHandler').waitFor(), bob.aiText('createHandler').waitFor()]);
    expect(await bob.aiText('createHandler').getAttribute('title')).toMatch(
      /^Suggested by tandem-ngram.*, accepted by Ada at /,
    );
    // What she typed herself is hers.
    expect(await bob.at('ai-text').filter({ hasText: 'regi' }).count()).toBe(0);
    await bob.picture('ai-text');

    await bob.reload();
    await bob.aiText('createHandler').waitFor();
    await bob.at('ai-status').click();
    await bob.at('toggle-ai-text').click();
    await bob.at('ai-text').first().waitFor({ state: 'detached' });
    await ada.status('saved');
    await ada.page.keyboard.press('Control+z');
    await ada.aiText('createHandler').waitFor({ state: 'detached' });
  });

  it('asks for nothing by itself when its user wants it so, and on Alt+\\ all the same', async () => {
    const { ada } = await two('src/handlers.ts', REPEATED);
    await ada.at('ai-status').click();
    await ada.at('trigger-manual').click();
    await ada.at('ai-status', { 'data-trigger': 'manual' }).waitFor();
    await ada.typeAtEnd(BEGUN);
    await ada.status('saved');
    await ada.page.keyboard.press('Alt+\\');
    await ada.ghost('mine').waitFor();
    expect(ada.timesSent('completion:start')).toBe(1);
    await ada.page.keyboard.press('Escape');
    await ada.ghost('mine').waitFor({ state: 'detached' });
    expect(await ada.text()).toBe(`${REPEATED}${BEGUN}`);
  });

  it('belongs to the insert mode of Vim: Tab accepts there, Esc ends the insertion, and commands ask for nothing', async () => {
    const { ada } = await two('src/handlers.ts', REPEATED);
    await ada.at('settings').click();
    await ada.at('keymap').selectOption('vim');
    await ada.at('settings-state').filter({ hasText: 'Saved in your profile.' }).waitFor();
    await ada.page.keyboard.press('Escape');
    await ada.page.locator('.cm-vim-panel').waitFor();
    await ada.page.locator('.cm-content').click();
    await ada.page.keyboard.type(`Gi${BEGUN}`);
    await ada.ghost('mine').waitFor();
    await ada.page.keyboard.press('Tab');
    await eventually('it is there', async () => (await ada.text()) === `${REPEATED}${LINE}`);

    await ada.page.keyboard.type(`\n${OTHER}\n${BEGUN}`);
    await ada.ghost('mine').waitFor();
    await ada.page.keyboard.press('Escape');
    await ada.ghost('mine').waitFor({ state: 'detached' });
    await ada.page.locator('.cm-vim-panel', { hasText: 'NORMAL' }).waitFor();
    const asked = ada.timesSent('completion:start');
    await ada.page.keyboard.type('x');
    await ada.status('saved');
    expect(await ada.text()).toBe(`${REPEATED}${LINE}\n${OTHER}\n${BEGUN.slice(0, -1)}`);
    expect(ada.timesSent('completion:start')).toBe(asked);
  });

  it('shows a problem to both where it is, also after somebody has typed above it', async () => {
    const { ada, bob } = await two('src/main.ts', 'export const answer = 42;\n');
    await Promise.all([ada.showProblems(), bob.showProblems()]);
    await ada.typeAtEnd('debugger;\n');
    await Promise.all([ada.problem('debugger', 2).waitFor(), bob.problem('debugger', 2).waitFor()]);
    const underlined = (person: Person) => person.page.locator('.cm-lintRange', { hasText: 'debugger' });
    await Promise.all([underlined(ada).waitFor(), underlined(bob).waitFor()]);

    await bob.typeLine('// One line,');
    await bob.typeLine('// and another one.');
    await Promise.all([ada.problem('debugger', 4).waitFor(), bob.problem('debugger', 4).waitFor()]);
    await underlined(ada).waitFor();
    await underlined(ada).hover();
    await ada.at('problem-tooltip').filter({ hasText: 'debugger' }).waitFor();
    await ada.picture('problems');

    await bob.page.keyboard.press('F8');
    await bob.at('position').filter({ hasText: 'Ln 4' }).waitFor();
    await bob.page.keyboard.press('Shift+End');
    await bob.page.keyboard.press('Delete');
    const gone = (person: Person) =>
      person.at('problem').filter({ hasText: 'debugger' }).waitFor({ state: 'detached' });
    await Promise.all([gone(ada), gone(bob)]);
  });

  it('looks through the whole project, opens the file of a problem, and switches its rule off', async () => {
    const { ada, owner, projectId } = await two('src/one.ts', 'export const one = 1;\n');
    const other = { path: 'src/two.ts', text: '\ndebugger;\n' };
    await world.rest('POST', `/projects/${projectId}/documents`, other, owner.accessToken);
    await ada.showProblems();
    await ada.at('analyze-project').click();
    await ada.problem('debugger', 2).click();
    await ada.at('tab', { 'data-path': 'src/two.ts', 'aria-selected': 'true' }).waitFor();
    await ada.at('position').filter({ hasText: 'Ln 2' }).waitFor();

    await ada.problem('debugger', 2).click({ button: 'right' });
    await ada.at('switch-off-rule').click();
    await ada.at('toast').filter({ hasText: 'is off in this project' }).waitFor();
    await ada.problem('debugger', 2).waitFor({ state: 'detached' });
    await ada.at('project-menu').click();
    await ada.at('project-settings').click();
    await ada.at('rule-switch').check();
    await ada.picture('project-settings');
    await ada.at('save-project-settings').click();
    await ada.problem('debugger', 2).waitFor();
  });
});
