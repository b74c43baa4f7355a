import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { screenshotPath } from './browser.js';
import { Troubles } from './troubles.js';

export const PASSWORD = 'a sentence is easy to remember';

export type StatusKind = 'saved' | 'saving' | 'offline' | 'readonly' | 'refused' | 'signed-out';

/** Somebody at a browser of their own: what they do and what they see. Each look waits until it is so, or fails. */
export class Person {
  private constructor(
    readonly context: BrowserContext,
    readonly troubles: Troubles,
    public page: Page,
    private readonly sent: readonly string[],
  ) {}

  static async open(browser: Browser, url: string): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    // Of a slow or busy machine.
    context.setDefaultTimeout(60_000);
    const troubles = await Troubles.watch(context, new URL(url).origin);
    const sent: string[] = [];
    context.on('page', (page) =>
      page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => {
          const event = /^\d+-?\d*\["([^"]+)"/.exec(String(payload))?.[1];
          if (event) sent.push(event);
        }),
      ),
    );
    const person = new Person(context, troubles, await context.newPage(), sent);
    await person.page.goto(url);
    return person;
  }

  /** At the file that the page opens by itself. */
  static async openFile(browser: Browser, link: string): Promise<Person> {
    const person = await Person.open(browser, link);
    await person.ready();
    return person;
  }

  /** There is a file in front and it can be edited. */
  async ready(): Promise<void> {
    await this.page.locator('html[data-ready=true]').waitFor();
  }

  async name(): Promise<string> {
    return (await this.at('account').getAttribute('data-name')) ?? '';
  }

  /** By `data-testid`. */
  at(testId: string, attributes: Readonly<Record<string, string>> = {}): Locator {
    const more = Object.entries(attributes).map(([name, value]) => `[${name}="${value}"]`);
    return this.page.locator(`[data-testid="${testId}"]${more.join('')}`);
  }

  /** The text of the file in front, as far as it is on the screen; what is only suggested is not in it. */
  text(): Promise<string> {
    return this.page.locator('.cm-line').evaluateAll((lines) =>
      lines
        .map((line) => {
          const copy = line.cloneNode(true) as Element;
          for (const ghost of copy.querySelectorAll('[data-testid=ghost-text]')) ghost.remove();
          return copy.textContent;
        })
        .join('\n'),
    );
  }

  async signIn(email: string, password = PASSWORD): Promise<void> {
    await this.at('email').fill(email);
    await this.at('password').fill(password);
    await this.at('sign-in').click();
  }

  /** A suggestion on the screen: one's own, or that of somebody with this name. */
  ghost(owner: 'mine' | { name: string }): Locator {
    return owner === 'mine'
      ? this.at('ghost-text', { 'data-owner': 'mine' })
      : this.at('ghost-text', { 'data-owner': 'peer', 'data-name': owner.name });
  }

  /** What a suggestion would insert, as far as it is in the line of the caret. */
  async words(ghost: Locator): Promise<string> {
    return (await ghost.locator('.ghost-words').textContent()) ?? '';
  }

  /** Text that is marked as accepted from a suggestion. */
  aiText(text: string): Locator {
    return this.at('ai-text').filter({ hasText: text });
  }

  /** Puts the caret at the end of the file and types there. */
  async typeAtEnd(text: string): Promise<void> {
    await this.page.locator('.cm-content').click();
    await this.page.keyboard.press('Control+End');
    await this.page.keyboard.type(text);
  }

  async showProblems(): Promise<void> {
    if (await this.at('problems-panel').isHidden()) await this.at('problem-counts').click();
    await this.at('problems-panel').waitFor();
  }

  /** A row of the list of problems: of a rule, at a line counted from 1. */
  problem(rule: string, line: number): Locator {
    return this.page.locator(`[data-testid=problem][data-code*="${rule}"][data-line="${line}"]`);
  }

  /** How often the page has sent an event of the wire. */
  timesSent(event: string): number {
    return this.sent.filter((name) => name === event).length;
  }

  get front(): Promise<string | null> {
    return this.at('tab', { 'aria-selected': 'true' }).getAttribute('data-path');
  }

  async goToFile(path: string): Promise<void> {
    await this.at('file', { 'data-path': path }).click();
    await this.at('tab', { 'data-path': path, 'aria-selected': 'true' }).waitFor();
    await this.ready();
  }

  /** Types a line above all others. */
  async typeLine(text: string): Promise<void> {
    await this.page.locator('.cm-content').click();
    await this.page.keyboard.press('Control+Home');
    await this.page.keyboard.type(`${text}\n`);
  }

  async sees(line: string): Promise<void> {
    await this.page.locator('.cm-line', { hasText: line }).first().waitFor();
  }

  async seesNot(line: string): Promise<void> {
    await this.page.locator('.cm-line', { hasText: line }).first().waitFor({ state: 'detached' });
  }

  async status(kind: StatusKind): Promise<void> {
    await this.at('status', { 'data-state': kind }).waitFor();
  }

  /** What the status line says from now until it says `last`, in order. */
  async watchStatus(last: StatusKind): Promise<() => Promise<string[]>> {
    await this.page.evaluate((end) => {
      const said: string[] = [];
      const line = document.querySelector<HTMLElement>('[data-testid=status]')!;
      new MutationObserver((_changes, observer) => {
        const now = line.dataset.state ?? '';
        if (now !== said.at(-1)) said.push(now);
        if (now === end) observer.disconnect();
      }).observe(line, { attributeFilter: ['data-state'] });
      Object.assign(window, { said });
    }, last);
    return async () => {
      await this.page.waitForFunction((end) => (window as unknown as { said: string[] }).said.at(-1) === end, last);
      return this.page.evaluate(() => (window as unknown as { said: string[] }).said);
    };
  }

  async seesCursorOf(name: string): Promise<void> {
    await this.at('remote-cursor', { 'data-name': name }).waitFor();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Closes the tab; resolves to whether the browser asked first. */
  async closeTab(): Promise<boolean> {
    const { page } = this;
    let asked = false;
    page.on('dialog', (dialog) => {
      asked = dialog.type() === 'beforeunload';
      void dialog.accept();
    });
    const closed = page.waitForEvent('close');
    await page.close({ runBeforeUnload: true });
    await closed;
    return asked;
  }

  /** How many edits wait on the disk of this browser. */
  editsOnDisk(): Promise<number> {
    return this.page.evaluate(async () => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await done(indexedDB.open('tandem-outbox'));
      const entries = await done<{ edits: number }[]>(database.transaction('entries').objectStore('entries').getAll());
      database.close();
      return entries.reduce((sum, { edits }) => sum + edits, 0);
    });
  }

  async openTab(url: string): Promise<void> {
    this.page = await this.context.newPage();
    await this.page.goto(url);
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: screenshotPath(name) });
  }

  async leave(): Promise<void> {
    await this.context.close();
  }
}
