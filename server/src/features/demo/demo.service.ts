import { Injectable } from '@nestjs/common';
import { aiContext, projectConfiguration } from '@tandem/protocol/http';
import { SignInLinks } from '../../core/access/sign-in-links.js';
import { DocumentContents } from '../../core/document/document-contents.js';
import { DemoProject, type DemoSeed } from '../../core/project/demo-project.js';
import type { NewDocument } from '../../core/project/documents-directory.js';
import { parsePath } from '../../core/project/paths.js';
import { readDemoFiles } from './demo-files.js';

/** Never changed: by these ids a start finds the project of the start before. */
const SEED: DemoSeed = {
  projectId: '6d0e5c1a-7b1f-4f0e-9a55-2c9d3f5b8e01',
  ownerId: 'b0a4f7d2-3c58-4e6b-8d17-91e5a60c4f02',
  ownerName: 'Tandem',
  project: { name: 'Tandem demo', configuration: projectConfiguration.parse({}), aiContext: aiContext.parse({}) },
};

/** What the link opens. */
const FIRST_FILE = 'README.md';

/** The project that a newcomer looks around in. */
@Injectable()
export class DemoService {
  constructor(
    private readonly demo: DemoProject,
    private readonly contents: DocumentContents,
    private readonly links: SignInLinks,
  ) {}

  /**
   * Makes the project where it is missing, and a new link into it. Resolves to the fragment to put behind the server's
   * address: what is in a fragment is not sent to servers, nor kept in their logs.
   */
  async link(): Promise<string> {
    const documents = await this.demo.ensure(SEED, () => this.files());
    const first = documents.find(({ path }) => path === FIRST_FILE) ?? documents[0];
    const token = await this.links.create({ projectId: SEED.projectId, documentId: first?.id, role: 'editor' });
    return `#link=${token}`;
  }

  private async files(): Promise<NewDocument[]> {
    const files = await readDemoFiles();
    return Promise.all(
      files.map(async ({ path, text }): Promise<NewDocument> => {
        const parsed = parsePath(path);
        if (!parsed.ok) throw new Error(`${parsed.reason}: ${path}`);
        return { path: parsed.path, pathKey: parsed.key, kind: 'text', content: await this.contents.encode(text) };
      }),
    );
  }
}
