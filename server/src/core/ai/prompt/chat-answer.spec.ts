import { describe, expect, it } from '@jest/globals';
import { ChatAnswer } from './chat-answer.js';

function read(answer: string, piece: number, isAtLineStart: boolean): string {
  const chat = new ChatAnswer(isAtLineStart);
  let text = '';
  for (let at = 0; at < answer.length && !chat.isDone; at += piece) text += chat.push(answer.slice(at, at + piece));
  return text + chat.end();
}

describe('ChatAnswer', () => {
  it.each([
    ['the tag', '<COMPLETION>a + b</COMPLETION>', 'a + b'],
    ['words around', 'Sure!\n<COMPLETION>a + b</COMPLETION>\nIs that all?', 'a + b'],
    ['thoughts', '<think>use <COMPLETION>x</COMPLETION>?</think>\n<COMPLETION>y</COMPLETION>', 'y'],
    ['thoughts without end', '<think>hm, <COMPLETION>x', ''],
    ['a fence', '<COMPLETION>\n```ts\na();\nb();\n```\n</COMPLETION>', 'a();\nb();'],
    ['a fence without a language', '<COMPLETION>```\na();\n```</COMPLETION>', 'a();'],
    ['no end', '<COMPLETION>a + b', 'a + b'],
    ['the beginning of an end', '<COMPLETION>a </COMP', 'a </COMP'],
    ['nothing', '<COMPLETION></COMPLETION>', ''],
    ['no answer', '', ''],
    ['a fence without a tag', 'Here:\n```js\na();\n```\nDone.', 'a();'],
    ['no tag', 'a + b', 'a + b'],
    ['a short text', '<COMPLETION>`', '`'],
    ['a template string', '<COMPLETION>`a`</COMPLETION>', '`a`'],
  ])('%s', (_, answer, text) => {
    for (const piece of [1, 2, 5, 1_000]) expect(read(answer, piece, false)).toBe(text);
  });

  it('knows a line end that is only layout', () => {
    expect(read('<COMPLETION>\n  a();\n</COMPLETION>', 3, true)).toBe('  a();\n');
    expect(read('<COMPLETION>\n  a();\n</COMPLETION>', 3, false)).toBe('\n  a();\n');
  });

  it('gives text as it comes', () => {
    const chat = new ChatAnswer(false);
    expect(chat.push('<COMPLETION>for')).toBe('for');
    expect(chat.push('ty</')).toBe('ty');
    expect(chat.push('COMPLETION>')).toBe('');
    expect(chat.isDone).toBe(true);
  });
});
