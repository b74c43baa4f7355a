import { expect, test } from '@jest/globals';
import { passwordWeakness } from '../../core/access/password-rules.js';
import { patience } from '../../testing/patience.js';
import { ListedCommonPasswords } from './listed-common-passwords.js';

const common = new ListedCommonPasswords();
const ADA = { email: 'ada.lovelace@example.org', displayName: 'Ada Lovelace' };

test.each([
  ['passwordpassword', 'common'],
  ['P@ssw0rdP@ssw0rd1', 'pattern'],
  ['letmeinletmeinletmein', 'pattern'],
  ['aaaaaaaaaaaaaaaa', 'pattern'],
  ['abababababababababab', 'pattern'],
  ['123456789012345', 'pattern'],
  ['qwertyuiopasdfghjkl', 'pattern'],
  ['zyxwvutsrqponmlk', 'pattern'],
  ['password123456789', 'common'],
  ['qwerty1234567890', 'pattern'],
  ['iloveyou1234567890', 'common'],
  ['footballbasketball', 'common'],
  ['ada.lovelace@example.org', 'personal'],
  ['Ada Lovelace 2026', 'personal'],
  ['lovelace-ada-lovelace!', 'personal'],
  ['AdaLovelace123', 'personal'],
])('A39 %s is refused: %s', (password, weakness) => {
  expect(passwordWeakness(password, ADA, common)).toBe(weakness);
});

test.each([
  'correct horse battery staple',
  'correcthorsebatterystaple',
  'a sentence is easy to remember',
  'un mot de passe très sûr',
  'my friend ada plays the bassoon',
  'mein Hund heisst Bello',
  'パスワードはとても長い文章です',
  'q7#Vn2kLr9!xPz4w',
  'the password of a quiet house',
  '🦀🐙🦑🦞🦐🐡🐠🐟🐬🐳🐋🦈🐊🐅🐆',
])('A39 %s is taken', (password) => {
  expect(passwordWeakness(password, ADA, common)).toBeUndefined();
});

test('A39 the longest password is judged in a moment', () => {
  const started = performance.now();
  for (const text of ['1'.repeat(256), 'password'.repeat(32), 'p4$$w0rd!'.repeat(28), 'abc1'.repeat(64)]) {
    passwordWeakness(text, ADA, common);
  }
  expect(performance.now() - started).toBeLessThan(1000 * patience());
});
