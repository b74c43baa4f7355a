/** The REST interface, as far as a load test needs it to set the stage and to look at what is left. */
export class TandemApi {
  readonly #url: string;
  #token: string | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** The access token of who is signed in. */
  get token(): string {
    return this.#token ?? '';
  }

  async register(account: { email: string; password: string; displayName: string }): Promise<void> {
    const { accessToken } = await this.#json<{ accessToken: string }>('POST', '/auth/register', account);
    this.#token = accessToken;
  }

  async createProject(name: string): Promise<string> {
    return (await this.#json<{ id: string }>('POST', '/projects', { name })).id;
  }

  async addMember(projectId: string, email: string): Promise<void> {
    await this.#json('POST', `/projects/${projectId}/members`, { email, role: 'editor' });
  }

  async createDocument(projectId: string, path: string): Promise<string> {
    return (await this.#json<{ id: string }>('POST', `/projects/${projectId}/documents`, { path })).id;
  }

  async document(documentId: string): Promise<{ seq: number; characters: number }> {
    const [{ seq }, text] = await Promise.all([
      this.#json<{ seq: number }>('GET', `/documents/${documentId}`),
      this.#ask('GET', `/documents/${documentId}/text`).then((response) => response.text()),
    ]);
    return { seq, characters: text.length };
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.#ask(method, path, body)).json()) as T;
  }

  async #ask(method: string, path: string, body?: object): Promise<Response> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      // A redirect could lead off this machine.
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
