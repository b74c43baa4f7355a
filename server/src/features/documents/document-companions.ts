import { type DocumentCompanion, NO_COMPANION } from './document-companion.js';

/** Where the AI half takes its seat beside the documents, while the application starts. */
export class DocumentCompanions {
  current: DocumentCompanion = NO_COMPANION;

  add(companion: DocumentCompanion): void {
    this.current = companion;
  }
}
