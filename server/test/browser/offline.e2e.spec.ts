import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../../src/testing/eventually.js';
import { describeInBrowser } from './support/browser.js';
import { PASSWORD, PlaygroundWorld } from './support/playground-world.js';

/** What Chromium itself logs of connections that fail. */
const CONNECTION_LOST = /ERR_(CONNECTION_\w+|INTERNET_DISCONNECTED|NETWORK_\w+|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE)/;

describeInBrowser('when the server cannot be reached', () => {
  let world: PlaygroundWorld;

  beforeAll(async () => {
    world = await PlaygroundWorld.start();
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(() => world?.stop());

  it('says so, takes edits on, and delivers them to the others when it is back', async () => {
    const [ada, bob] = await Promise.all([world.guest(), world.guest()]);
    for (const { troubles } of [ada, bob]) troubles.allow(CONNECTION_LOST);
    await ada.typeLine('Before the crash.');
    await bob.sees('Before the crash.');
    await ada.status('saved');
    await world.crash();

    await Promise.all([ada.status('offline'), bob.status('offline')]);
    await ada.typeLine('Ada goes on alone.');
    await bob.typeLine('So does Bob.');
    await ada.at('status').filter({ hasText: 'waiting' }).waitFor();
    expect(await bob.text()).not.toContain('Ada goes on alone.');
    await ada.at('presence').waitFor({ state: 'detached' });
    await ada.picture('offline');

    await world.restart();
    await Promise.all([ada.sees('So does Bob.'), bob.sees('Ada goes on alone.')]);
    await Promise.all([ada.status('saved'), bob.status('saved')]);
    await eventually('both see the same', async () => (await ada.text()) === (await bob.text()));
    expect(await ada.text()).toContain('Before the crash.');
    await ada.at('presence', { 'data-name': await bob.name() }).waitFor();
  });

  it('delivers them also when the tab was closed and opened again before it was back', async () => {
    const account = await world.register('grace@example.org', 'Grace');
    const { projectId, documentId } = await world.projectOf(account, 'notes.md');
    const grace = await world.visitor();
    grace.troubles.allow(CONNECTION_LOST);
    await grace.signIn('grace@example.org');
    await grace.ready();
    await grace.typeLine('Stored.');
    await grace.status('saved');

    await world.crash();
    await grace.status('offline');
    await grace.typeLine('Only in this browser.');
    await grace.at('status').filter({ hasText: '22 edits waiting' }).waitFor();
    await eventually('they are on the disk', async () => (await grace.editsOnDisk()) === 22);
    expect(await grace.closeTab()).toBe(true);
    const address = `${world.url}/#/p/${projectId}/${documentId}`;
    await expect(grace.openTab(address)).rejects.toThrow(CONNECTION_LOST);

    await world.restart();
    await grace.page.goto(address);
    await grace.ready();
    await grace.sees('Only in this browser.');
    await grace.status('saved');
    const { accessToken } = await world.rest<{ accessToken: string }>('POST', '/auth/login', {
      email: 'grace@example.org',
      password: PASSWORD,
    });
    const stored = () => world.rest<string>('GET', `/documents/${documentId}/text`, undefined, accessToken);
    await eventually('the server has it', async () => (await stored()) === 'Only in this browser.\nStored.\n');
  });

  it('is noticed when it is the network of one person that fails', async () => {
    const [ada, bob] = await Promise.all([world.guest(), world.guest()]);
    ada.troubles.allow(CONNECTION_LOST);
    await ada.context.setOffline(true);
    await ada.status('offline');
    await ada.typeLine('From the train.');
    await ada.at('status').filter({ hasText: 'waiting' }).waitFor();
    await bob.at('presence').waitFor({ state: 'detached' });
    expect(await bob.text()).not.toContain('From the train.');
    await ada.context.setOffline(false);
    await bob.sees('From the train.');
    await ada.status('saved');
  });
});
