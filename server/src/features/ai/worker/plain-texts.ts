import type { PlainText } from '../../../core/ai/replicas.js';

/** 16 MB at most, 32 where a text is not Latin. */
const MAX_UNITS = 16 * 1024 * 1024;
/** What even an empty text takes. */
const ENTRY_UNITS = 256;

/** Texts as they were last read; the least recently used go first. */
export class PlainTexts {
  private readonly texts = new Map<string, PlainText>();
  private units = 0;

  get(documentId: string): PlainText | undefined {
    const text = this.texts.get(documentId);
    if (text) {
      this.texts.delete(documentId);
      this.texts.set(documentId, text);
    }
    return text;
  }

  set(documentId: string, text: PlainText): void {
    this.drop(documentId);
    this.texts.set(documentId, text);
    this.units += sizeOf(text);
    for (const oldest of this.texts.keys()) {
      if (this.units <= MAX_UNITS) return;
      this.drop(oldest);
    }
  }

  private drop(documentId: string): void {
    const text = this.texts.get(documentId);
    if (!text) return;
    this.units -= sizeOf(text);
    this.texts.delete(documentId);
  }
}

function sizeOf({ text }: PlainText): number {
  return text.length + ENTRY_UNITS;
}
