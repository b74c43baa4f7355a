import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import type { Range } from './secret-rules.js';

/**
 * Secretlint's rules without its core. The core marks every step on the process's performance timeline and keeps the
 * marks: 54 entries and 36 objects for each call, for ever, and after 1,000 calls one takes 13 ms instead of 1 (11.7.1). It
 * also lets a comment in the text switch rules off.
 */
const SCANNERS = rules.filter(({ meta }) => meta.type === 'scanner');

/** `AKIA…` alone is an id; whoever sends it with the text around may send its key as well. */
const OPTIONS = { enableIDScanRule: true };

/**
 * What the recommended rules find: ranges may overlap. `onRule` is called between two of them, and may throw.
 * No file name goes to the rules: the one for Google's keys opens a file that is called `.p12`.
 */
export async function findWithSecretlint(content: string, onRule: () => void): Promise<Range[]> {
  const found: Range[] = [];
  const source = {
    ...{ hasBOM: false, content, filePath: '', physicalFilePath: undefined, contentType: 'text' as const, ext: '' },
    ...{ getFilePath: () => undefined, getPhysicalFilePath: () => undefined },
    ...{ locationToRange: unused, rangeToLocation: unused, positionToIndex: unused, indexToPosition: unused },
  };
  const context = {
    sharedOptions: {},
    createTranslator: () => () => ({ message: '', messageId: '' }),
    report: ({ range }: { range: Range }) => void found.push(range),
    ignore: () => undefined,
  };
  for (const rule of SCANNERS) {
    await rule.create(context as unknown as Parameters<typeof rule.create>[0], OPTIONS).file?.(source);
    onRule();
  }
  return found;
}

function unused(): never {
  throw new Error('only rules that report ask for lines');
}
