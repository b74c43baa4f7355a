import { describe, expect, it } from '@jest/globals';
import { FrameReader, frame } from './lsp-framing.js';

describe('FrameReader', () => {
  it('reads the same messages from any pieces', () => {
    const messages = [{ id: 1 }, { text: 'é😀\r\n\r\n' }, {}, { many: 'x'.repeat(5000) }];
    const bytes = Buffer.concat(messages.map(frame));
    for (const size of [1, 2, 3, 7, 19, 20, 21, 100, 4096, bytes.length]) {
      const reader = new FrameReader();
      const read: unknown[] = [];
      for (let from = 0; from < bytes.length; from += size)
        read.push(...reader.push(bytes.subarray(from, from + size)));
      expect(read).toEqual(messages);
    }
  });

  it('takes other headers beside the length', () => {
    const bytes = Buffer.from('Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:2\r\n\r\n{}');
    expect([...new FrameReader().push(bytes)]).toEqual([{}]);
  });

  it.each([
    ['no header', 'panicked at\r\n\r\n'],
    ['a header without end', 'x'.repeat(2000)],
    ['no JSON', 'Content-Length: 1\r\n\r\n{'],
    ['more than anybody sends', 'Content-Length: 99999999999\r\n\r\n'],
    ['less than nothing', 'Content-Length: -1\r\n\r\n'],
  ])('throws on %s', (_, text) => {
    expect(() => [...new FrameReader().push(Buffer.from(text))]).toThrow();
  });
});
