import { describe, expect, it } from '@jest/globals';
import { chooseLines } from './choose-lines.js';

/** `|` is the caret. */
const at = (text: string, path: string) =>
  chooseLines(text.slice(0, text.indexOf('|')), text.slice(text.indexOf('|') + 1), path);

describe('chooseLines', () => {
  it.each([
    ['function f() {|', 'a.ts'],
    ['function f() {|}', 'a.ts'],
    ['function f() {\n  |\n}\n', 'a.ts'],
    ['function f() {\n|', 'a.ts'],
    ['const xs = [|];', 'a.ts'],
    ['const f = (a) =>|', 'a.ts'],
    ['app.get("/", (request) => {|})', 'a.ts'],
    ['function f(|', 'a.ts'],
    ['def f(x):|', 'a.py'],
    ['def f(x):\n    |\n\nprint(1)', 'a.py'],
    ['if a then|', 'a.lua'],
    ['items.each do|', 'a.rb'],
    ['def name|', 'a.rb'],
    ['class A {\n  b() {|\n}\n', 'a.ts'],
  ])('multi: %j in %s', (text, path) => expect(at(text, path)).toBe('multi'));

  it.each([
    ['const a = |', 'a.ts'],
    ['foo(|', 'a.ts'],
    ['foo(|)', 'a.ts'],
    ['foo(a, |b)', 'a.ts'],
    ['if (a) {| return 1;', 'a.ts'],
    ['function f() {|\n  return 1;\n}', 'a.ts'],
    ['function f() {\n  |\n  return 1;\n}', 'a.ts'],
    ['// an object {|', 'a.ts'],
    [' * an object {|', 'a.ts'],
    ['# such as:|', 'a.py'],
    ['def f(x):|\n    return x', 'a.py'],
    ['the following:|', 'a.md'],
    ['label:|', 'a.ts'],
    ['  if (a) {\n|\n    b();', 'a.ts'],
    ['|', 'a.ts'],
  ])('single: %j in %s', (text, path) => expect(at(`${text}`, path)).toBe('single'));
});
