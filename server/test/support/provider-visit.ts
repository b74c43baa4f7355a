/** A browser of few words: keeps cookies of one site, and follows its redirects until they lead away from it. */
export class ProviderVisit {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly origin: string) {}

  /**
   * Opens the address that the page was told, logs in as `login` where there is a form (null: goes away), and resolves to where
   * the provider sends the browser back to.
   */
  async through(url: string, login: string | null): Promise<string> {
    let answer = await this.ask(url);
    for (let step = 0; step < 12; step++) {
      if (answer.location !== undefined) {
        const next = new URL(answer.location, this.origin);
        if (next.origin !== this.origin) return next.href;
        answer = await this.ask(next.href);
      } else if (answer.status === 200 && answer.url.includes('/login/')) {
        answer = await this.ask(answer.url, new URLSearchParams(login === null ? {} : { login }));
      } else {
        throw new Error(`The provider answers ${answer.status}: ${answer.text.slice(0, 500)}`);
      }
    }
    throw new Error('The provider does not come to an end');
  }

  private async ask(url: string, form?: URLSearchParams) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie, accept: 'text/html' },
      body: form,
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const { status, headers } = response;
    return { url, status, location: headers.get('location') ?? undefined, text: await response.text() };
  }
}
