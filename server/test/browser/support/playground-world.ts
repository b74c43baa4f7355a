import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type Document, type Project, problem, type Tokens } from '@tandem/protocol/http';
import type { Browser } from 'playwright-core';
import { type ServerProcess, startServerProcess } from '../../../src/testing/server-process.js';
import { makeTempDir, removeTempDir } from '../../../src/testing/temp-dir.js';
import { launchBrowser } from './browser.js';
import { PASSWORD, Person } from './person.js';

export { PASSWORD };

/** The built server with its own PostgreSQL, as `npm start` runs it, and people with a browser each. */
export class PlaygroundWorld {
  private readonly people: Person[] = [];

  private constructor(
    private readonly folder: string,
    private readonly browser: Browser,
    private readonly env: Readonly<Record<string, string>>,
    private server: ServerProcess,
  ) {}

  /** `env`: settings beside the defaults. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<PlaygroundWorld> {
    const folder = makeTempDir();
    const browser = await launchBrowser();
    try {
      return new PlaygroundWorld(folder, browser, env, await startIn(folder, env));
    } catch (error) {
      await browser.close();
      removeTempDir(folder);
      throw error;
    }
  }

  get url(): string {
    return this.server.url;
  }

  /** Somebody new who opens the printed link. */
  async guest(): Promise<Person> {
    return this.add(await Person.openFile(this.browser, this.server.link));
  }

  /** Somebody new at the sign-in page. */
  async visitor(): Promise<Person> {
    return this.add(await Person.open(this.browser, this.server.url));
  }

  /** `kill -9`: nothing is said to anybody, PostgreSQL ends too. */
  async crash(): Promise<void> {
    await this.server.kill9();
  }

  /** On the same port, with the same files. */
  async restart(): Promise<void> {
    this.server = await startIn(this.folder, { ...this.env, PORT: new URL(this.server.url).port });
  }

  /** Rejects with the refusal. */
  async rest<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
    const response = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${problem.parse(JSON.parse(text)).code}`);
    return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T;
  }

  register(email: string, displayName: string): Promise<Tokens> {
    return this.rest('POST', '/auth/register', { email, password: PASSWORD, displayName });
  }

  /** A project with one file. */
  async projectOf(
    { accessToken }: Tokens,
    path: string,
    text?: string,
  ): Promise<{ projectId: string; documentId: string }> {
    const { id } = await this.rest<Project>('POST', '/projects', { name: 'Apollo' }, accessToken);
    const document = await this.rest<Document>('POST', `/projects/${id}/documents`, { path, text }, accessToken);
    return { projectId: id, documentId: document.id };
  }

  /** For `afterEach`: everybody leaves, and no page did anything wrong that nobody saw. */
  async everybodyLeaves(): Promise<void> {
    const people = this.people.splice(0);
    await Promise.all(people.map((person) => person.leave()));
    expect(people.flatMap(({ troubles }) => troubles.all)).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    removeTempDir(this.folder);
  }

  private add(person: Person): Person {
    this.people.push(person);
    return person;
  }
}

function startIn(folder: string, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  return startServerProcess({ dataDir: join(folder, 'data'), cwd: folder, env: { PORT: '0', ...env } });
}
