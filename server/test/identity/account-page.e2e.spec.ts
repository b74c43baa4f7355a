import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { accountExport } from '@tandem/protocol/http';
import { describeInBrowser } from '../browser/support/browser.js';
import { PASSWORD, PlaygroundWorld } from '../browser/support/playground-world.js';
import { Mailbox, tokenOf } from './support/mailbox.js';

const OTHER_PASSWORD = 'nine slow turtles cross the road';

describeInBrowser('the page of somebody with a mailbox', () => {
  let mailbox: Mailbox;
  let world: PlaygroundWorld;

  beforeAll(async () => {
    mailbox = await Mailbox.start();
    world = await PlaygroundWorld.start({
      SMTP_URL: mailbox.url,
      MAIL_FROM: 'tandem@example.org',
      PUBLIC_URL: 'https://tandem.example.org',
    });
  });
  afterEach(() => world?.everybodyLeaves());
  afterAll(async () => {
    await world?.stop();
    await mailbox?.stop();
  });

  const linkOf = async (email: string, name: 'register' | 'verify' | 'reset') =>
    `${world.url}/#${name}=${tokenOf(await mailbox.next(email), name)}`;

  it('registers by mail, forgets the password, chooses another one, and changes the address', async () => {
    const email = 'grace@example.org';
    const grace = await world.visitor();
    await grace.page.getByRole('button', { name: 'Create account' }).click();
    await grace.at('display-name').fill('Grace Hopper');
    await grace.at('email').fill(email);
    await grace.at('password').fill('passwordpassword');
    await grace.at('register').click();
    await grace.at('sign-in-problem').filter({ hasText: 'sentence' }).waitFor();
    grace.troubles.forget(/400/);
    await grace.at('password').fill(PASSWORD);
    await grace.at('register').click();
    await grace.at('registration-sent').filter({ hasText: email }).waitFor();

    await grace.page.goto(await linkOf(email, 'register'));
    await grace.at('mail-link-page').waitFor();
    expect(grace.page.url()).not.toContain('register=');
    await grace.at('password').fill(PASSWORD);
    await grace.at('confirm-registration').click();
    await grace.at('no-projects').waitFor();
    expect(await grace.name()).toBe('Grace Hopper');

    await grace.at('account').click();
    await grace.at('sign-out').click();
    await grace.at('forgot-password').click();
    await grace.at('email').fill(email);
    await grace.at('send-reset').click();
    await grace.at('reset-sent').waitFor();
    await grace.page.goto(await linkOf(email, 'reset'));
    await grace.at('password').fill(OTHER_PASSWORD);
    await grace.at('reset-password').click();
    await grace.at('sign-in-page').filter({ hasText: 'Your new password holds' }).waitFor();
    await grace.signIn(email, OTHER_PASSWORD);
    await grace.at('no-projects').waitFor();
    await mailbox.next(email);

    await grace.at('settings').click();
    await grace.at('email-state').filter({ hasText: 'Confirmed' }).waitFor();
    await grace.at('account-email').fill('admiral@example.org');
    await grace.at('change-email').click();
    await grace.at('email-state').filter({ hasText: 'admiral@example.org waits' }).waitFor();
    await grace.page.goto(await linkOf('admiral@example.org', 'verify'));
    await grace.at('confirm-email').click();
    await grace.at('toast').filter({ hasText: 'admiral@example.org is confirmed' }).waitFor();
  }, 240_000);

  it('changes name and password, takes all data along, and leaves', async () => {
    const email = 'alan@example.org';
    const alan = await world.visitor();
    await alan.page.getByRole('button', { name: 'Create account' }).click();
    await alan.at('display-name').fill('Alan');
    await alan.at('email').fill(email);
    await alan.at('password').fill(PASSWORD);
    await alan.at('register').click();
    await alan.page.goto(await linkOf(email, 'register'));
    await alan.at('password').fill(PASSWORD);
    await alan.at('confirm-registration').click();
    await alan.at('no-projects').waitFor();

    await alan.at('settings').click();
    await alan.at('account-name').fill('Alan Turing');
    await alan.at('save-name').click();
    await alan.at('toast').filter({ hasText: 'new name' }).waitFor();
    await alan.at('current-password').fill(PASSWORD);
    await alan.at('new-password').fill(OTHER_PASSWORD);
    await alan.at('change-password').click();
    await alan.at('toast').filter({ hasText: 'Your new password holds' }).waitFor();

    const [file] = await Promise.all([alan.page.waitForEvent('download'), alan.at('export-account').click()]);
    expect(file.suggestedFilename()).toBe('tandem-export.json');
    const data = accountExport.parse(JSON.parse(readFileSync(await file.path(), 'utf8')));
    expect(data.account).toMatchObject({ email, displayName: 'Alan Turing' });

    await alan.at('delete-account').click();
    await alan.at('delete-word').fill('somebody else');
    expect(await alan.at('confirm-delete-account').isDisabled()).toBe(true);
    await alan.at('delete-word').fill(email);
    await alan.at('confirm-delete-account').click();
    await alan.at('sign-in-page').waitFor();
    await alan.signIn(email, OTHER_PASSWORD);
    await alan.at('sign-in-problem').filter({ hasText: 'Unknown e-mail address' }).waitFor();
    alan.troubles.forget(/401/);
  }, 240_000);
});
