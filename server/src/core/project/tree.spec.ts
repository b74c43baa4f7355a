import { describe, expect, it } from '@jest/globals';
import { treeNode } from '@tandem/protocol/http';
import fc from 'fast-check';
import { buildTree, compareCodePoints } from './tree.js';

const documents = (...paths: string[]) => paths.map((path) => ({ id: `id of ${path}`, path }));
const names = (...paths: string[]) => buildTree(documents(...paths)).map(({ name }) => name);

describe('buildTree', () => {
  it('makes folders of what the paths imply', () => {
    expect(buildTree(documents('src/lib/a.ts', 'README.md', 'src/b.ts'))).toEqual([
      {
        name: 'src',
        path: 'src',
        children: [
          {
            name: 'lib',
            path: 'src/lib',
            children: [{ name: 'a.ts', path: 'src/lib/a.ts', documentId: 'id of src/lib/a.ts' }],
          },
          { name: 'b.ts', path: 'src/b.ts', documentId: 'id of src/b.ts' },
        ],
      },
      { name: 'README.md', path: 'README.md', documentId: 'id of README.md' },
    ]);
  });

  it('puts folders before files, and names in code point order', () => {
    expect(names('a', 'Z', 'z/x', 'B/x', '10', '9', 'é')).toEqual(['B', 'z', '10', '9', 'Z', 'a', 'é']);
  });

  it('puts what lies beyond U+FFFF last, where UTF-16 would not', () => {
    expect(names('😀', '\uff5e', '\ud7ff')).toEqual(['\ud7ff', '\uff5e', '😀']);
  });

  it('is empty for an empty project', () => {
    expect(buildTree([])).toEqual([]);
  });

  it('survives names that objects know', () => {
    expect(names('__proto__/a', 'constructor', 'toString/b')).toEqual(['__proto__', 'toString', 'constructor']);
  });

  it('fits the schema at the greatest depth that a path allows', () => {
    const path = `${'a/'.repeat(511)}a`;
    const parsed = treeNode.array().parse(buildTree([{ id: '6d0e5c1a-7b1f-4f0e-9a55-2c9d3f5b8e01', path }]));
    expect(JSON.stringify(parsed)).toContain(path);
  });
});

describe('compareCodePoints', () => {
  it('orders as the bytes of UTF-8 do, which is how PostgreSQL orders the list', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});
