import type { BrowserContext } from 'playwright-core';

/** What a page does wrong without showing it: errors in its console, breaches of its own policy, requests elsewhere. */
export class Troubles {
  private found: string[] = [];
  private allowed: RegExp | undefined;

  private constructor(private readonly origin: string) {}

  /** Watches every page that the context has from now on. */
  static async watch(context: BrowserContext, origin: string): Promise<Troubles> {
    const troubles = new Troubles(origin);
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`policy: ${violatedDirective} ${blockedURI}`),
      );
    });
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        troubles.add(`console: ${message.text()} ${message.location().url}`);
      }
    });
    context.on('weberror', (error) => troubles.add(`uncaught: ${error.error().stack}`));
    context.on('request', (request) => troubles.asked(request.url()));
    context.on('page', (page) => page.on('websocket', (socket) => troubles.asked(socket.url())));
    return troubles;
  }

  /** While the server is away the browser itself logs each connection that fails. */
  allow(expected: RegExp | undefined): void {
    this.allowed = expected;
  }

  /** A refusal that the spec has asked for is logged by the browser, too. */
  forget(expected: RegExp): void {
    this.found = this.found.filter((trouble) => !expected.test(trouble));
  }

  get all(): readonly string[] {
    return this.found;
  }

  private asked(url: string): void {
    const { protocol, host } = new URL(url);
    if (/^(https?|wss?):$/.test(protocol) && host !== new URL(this.origin).host) this.add(`asked elsewhere: ${url}`);
  }

  private add(trouble: string): void {
    if (!this.allowed?.test(trouble)) this.found.push(trouble);
  }
}
