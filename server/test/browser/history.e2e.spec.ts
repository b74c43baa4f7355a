import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Role } from '@tandem/protocol';
import type { Document, Version } from '@tandem/protocol/http';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../src/testing/postgres.js';
import { describeInBrowser } from './support/browser.js';
import type { Person } from './support/person.js';
import { PlaygroundWorld } from './support/playground-world.js';

describeInBrowser('what a file was', () => {
  let database: TestDatabase;
  let sql: Client;
  let world: PlaygroundWorld;
  let accounts = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = new Client({ connectionString: database.url });
    await sql.connect();
    world = await PlaygroundWorld.start({ DATABASE_URL: database.url });
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(async () => {
    await world?.stop();
    await sql?.end();
    await database?.drop();
  });

  /** A project of Olga's with one file, and the others in it; each in a browser of their own with the file in front. */
  async function team(text: string, others: readonly (readonly [name: string, role: Role])[]) {
    accounts += 1;
    const emailOf = (name: string) => `${name}-${accounts}@example.org`.toLowerCase();
    const tokens = await world.register(emailOf('Olga'), 'Olga');
    const file = await world.projectOf(tokens, 'plan.md', text);
    for (const [name, role] of others) {
      const email = emailOf(name);
      await world.register(email, name);
      await world.rest('POST', `/projects/${file.projectId}/members`, { email, role }, tokens.accessToken);
    }
    const join = async (name: string) => {
      const person = await world.visitor();
      await person.signIn(emailOf(name));
      await person.ready();
      return person;
    };
    const document = () => world.rest<Document>('GET', `/documents/${file.documentId}`, undefined, tokens.accessToken);
    return { ...file, ...tokens, join, document };
  }

  const oldText = (person: Person) => person.at('history-text').locator('.cm-line');
  const moment = (person: Person, words: string) => person.at('moment').filter({ hasText: words });

  async function nameVersion(person: Person, name: string): Promise<void> {
    await person.at('name-version').click();
    await person.at('ask-input').fill(name);
    await person.at('ask-submit').click();
    await moment(person, name).waitFor();
  }

  async function closeHistory(person: Person): Promise<void> {
    await person.page.keyboard.press('Escape');
    await person.at('history-dialog').waitFor({ state: 'detached' });
  }

  it('is looked at, named and brought back while another writes on, and both see it', async () => {
    const { join } = await team('The plan.\n', [['Bob', 'editor']]);
    const [olga, bob] = [await join('Olga'), await join('Bob')];
    await olga.typeLine('Step one: think.');
    await bob.sees('Step one: think.');

    await bob.at('history').click();
    await oldText(bob).filter({ hasText: 'Step one: think.' }).waitFor();
    await bob.at('differences').filter({ hasText: 'The same as now' }).waitFor();
    expect(await bob.at('restore').isDisabled()).toBe(true);
    await nameVersion(bob, 'First draft');
    await closeHistory(bob);

    await bob.typeLine('Bob knows better.');
    await olga.sees('Bob knows better.');
    await olga.page.locator('.cm-line', { hasText: 'Step one: think.' }).click();
    await olga.page.keyboard.press('End');
    await olga.page.keyboard.type(' Twice.');
    await bob.sees('Step one: think. Twice.');

    await olga.at('history').click();
    await moment(olga, 'First draft').click();
    await olga.at('differences').filter({ hasText: '1 difference from now' }).waitFor();
    await oldText(olga).filter({ hasText: 'Step one: think.' }).waitFor();
    expect(await olga.at('history-text').locator('.cm-content').getAttribute('aria-readonly')).toBe('true');
    await olga.picture('history');
    await olga.page.emulateMedia({ colorScheme: 'dark' });

    // What is typed while she looks is in the comparison at once.
    await bob.typeAtEnd('A new last line.');
    await bob.status('saved');
    await olga.at('differences').filter({ hasText: '2 differences from now' }).waitFor();
    await olga.picture('history-dark');
    await olga.page.emulateMedia({ colorScheme: 'light' });

    await olga.at('restore').click();
    await olga.picture('history-restore');
    await olga.at('confirm').click();
    await olga.at('toast').filter({ hasText: 'plan.md has its text of “First draft” again' }).waitFor();
    await olga.at('history-dialog').waitFor({ state: 'detached' });
    for (const person of [olga, bob]) {
      await person.seesNot('Bob knows better.');
      await person.seesNot('Twice.');
      await person.seesNot('A new last line.');
      await person.sees('Step one: think.');
    }
    await olga.picture('history-restored');

    await olga.at('toast-action').click();
    for (const person of [olga, bob]) {
      await person.sees('Bob knows better.');
      await person.sees('A new last line.');
    }

    await bob.at('history').click();
    await moment(bob, 'restored “First draft”').waitFor();
    await bob.at('only-named').click();
    await moment(bob, 'restored').first().waitFor({ state: 'detached' });
    expect(await bob.at('moment').count()).toBe(1);
  });

  it('is chosen with the keys; a version is renamed, and its name deleted', async () => {
    const { join } = await team('One.\n', []);
    const olga = await join('Olga');
    await olga.at('history').click();
    await oldText(olga).filter({ hasText: 'One.' }).waitFor();
    await nameVersion(olga, 'Start');
    await olga.at('rename-version').click();
    await olga.at('ask-input').fill('The start');
    await olga.at('ask-submit').click();
    await moment(olga, 'The start').waitFor();
    await closeHistory(olga);
    await olga.typeLine('Two.');
    await olga.status('saved');

    await olga.at('history').click();
    const newest = olga.page.locator('[data-testid=moment][aria-selected=true]');
    await newest.waitFor();
    await newest.press('End');
    await olga.page.locator('[data-testid=moment][aria-selected=true]', { hasText: 'The start' }).waitFor();
    await olga.at('differences').filter({ hasText: '1 difference' }).waitFor();
    await olga.at('delete-version').click();
    await olga.at('confirm').click();
    await moment(olga, 'The start').waitFor({ state: 'detached' });
    await olga.at('name-version').waitFor();
    await closeHistory(olga);
    await olga.sees('Two.');
  });

  it('is to be seen by a viewer, who names and restores nothing', async () => {
    const { documentId, accessToken, join } = await team('The plan.\n', [['Vera', 'viewer']]);
    await world.rest<Version>('POST', `/documents/${documentId}/versions`, { name: 'First' }, accessToken);
    const olga = await join('Olga');
    await olga.typeLine('More of it.');
    const vera = await join('Vera');
    await vera.sees('More of it.');
    await vera.at('history').click();
    await moment(vera, 'First').click();
    await vera.at('differences').filter({ hasText: '1 difference' }).waitFor();
    await vera.at('history-readonly').waitFor();
    for (const action of ['restore', 'name-version', 'rename-version', 'delete-version']) {
      expect([action, await vera.at(action).isVisible()]).toEqual([action, false]);
    }
    await vera.picture('history-viewer');
  });

  it('is read in pages, as far back as one wants', async () => {
    const { documentId, accessToken, join, document } = await team('The plan.\n', []);
    const olga = await join('Olga');
    await olga.typeLine('More of it.');
    await olga.status('saved');
    // Each stands alone in the history.
    const { seq } = await document();
    for (let i = 0; i < 60; i++) {
      await world.rest('POST', `/documents/${documentId}/restore`, { seq: i % 2 === 0 ? 1 : seq }, accessToken);
    }
    await olga.at('history').click();
    await olga.at('older-moments').click();
    await olga.at('moment', { 'data-kind': 'edit' }).first().waitFor();
    await olga.at('older-moments').waitFor({ state: 'hidden' });
    expect(await olga.at('moment', { 'data-kind': 'restore' }).count()).toBe(60);
    await olga.picture('history-long');
  });

  it('says so when a text is not kept any more', async () => {
    const { documentId, accessToken, join } = await team('The plan.\n', []);
    const olga = await join('Olga');
    await olga.typeLine('More of it.');
    await olga.status('saved');
    // A change of its own, however soon it follows.
    await world.rest('POST', `/documents/${documentId}/restore`, { seq: 1 }, accessToken);
    await world.rest<Version>('POST', `/documents/${documentId}/versions`, { name: 'Kept' }, accessToken);
    await olga.at('history').click();
    await moment(olga, 'Kept').waitFor();
    await olga.at('differences').filter({ hasText: 'The same as now' }).waitFor();
    // Retention comes while she looks: history begins with the version.
    await sql.query(
      `UPDATE documents d SET history_seq = v.seq, snapshot_seq = v.seq, snapshot_id = v.snapshot_id
       FROM document_versions v WHERE v.document_id = d.id AND d.id = $1`,
      [documentId],
    );
    await olga.at('moment', { 'data-kind': 'edit' }).last().click();
    await olga.at('history-dialog').getByText('only named versions stay longer').waitFor();
    expect(await olga.at('history-text').isVisible()).toBe(false);
    await olga.picture('history-gone');
    await moment(olga, 'Kept').click();
    await oldText(olga).filter({ hasText: 'The plan.' }).waitFor();
    olga.troubles.forget(/410/);
  });

  it('is told to be damaged while stored edits are set aside, until they are back', async () => {
    const { documentId, join, document } = await team('The plan.\n', [['Vera', 'viewer']]);
    const olga = await join('Olga');
    await olga.typeLine('What nobody else has.');
    await olga.status('saved');
    await olga.leave();
    // The first that she typed, on which the rest of it builds.
    const row = [documentId, 2];
    const { rows } = await sql.query<{ bytes: Buffer }>(
      'SELECT bytes FROM document_updates WHERE document_id = $1 AND seq = $2',
      row,
    );
    await world.crash();
    await sql.query(
      'UPDATE document_updates SET bytes = set_bit(bytes, 20, 1 - get_bit(bytes, 20)) WHERE document_id = $1 AND seq = $2',
      row,
    );
    await world.restart();

    const vera = await join('Vera');
    await vera.at('damage-notice').filter({ hasText: 'some of its text may be missing' }).waitFor();
    await vera.sees('The plan.');
    expect(await vera.text()).not.toContain('What nobody else has.');
    await vera.picture('damaged');
    // The row of the backup, and a node that has found the document whole.
    await sql.query('UPDATE document_updates SET bytes = $3 WHERE document_id = $1 AND seq = $2', [
      ...row,
      rows[0]?.bytes,
    ]);
    await sql.query('UPDATE document_quarantine SET healed_at = now() WHERE document_id = $1', [documentId]);
    await sql.query('UPDATE documents SET damaged_at = NULL WHERE id = $1', [documentId]);
    await vera.sees('What nobody else has.');
    await vera.at('damage-notice').waitFor({ state: 'hidden' });
    expect((await document()).damagedAt).toBeUndefined();
  });
});
