import { describe, expect, it } from '@jest/globals';
import { role } from '@tandem/protocol';
import { type Action, can } from './permissions.js';

/** The whole table, written out: a change of a right changes a line here. */
const TABLE = `
                    viewer commenter editor maintainer owner
  project.read      yes    yes       yes    yes        yes
  project.change    -      -         -      yes        yes
  project.delete    -      -         -      -          yes
  members.read      yes    yes       yes    yes        yes
  members.change    -      -         -      yes        yes
  rules.change      -      -         -      yes        yes
  owners.change     -      -         -      -          yes
  document.read     yes    yes       yes    yes        yes
  document.write    -      -         yes    yes        yes
  document.create   -      -         yes    yes        yes
  document.move     -      -         yes    yes        yes
  document.delete   -      -         yes    yes        yes
  document.reset    -      -         -      yes        yes
  history.read      yes    yes       yes    yes        yes
  history.name      -      -         yes    yes        yes
  history.restore   -      -         yes    yes        yes
  ai.use            -      -         yes    yes        yes
`;

const [roles = [], ...lines] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));
const cells = lines.flatMap(([action, ...marks]) =>
  marks.map((mark, column) => ({ action: action as Action, who: role.parse(roles[column]), granted: mark === 'yes' })),
);

describe('A43 A44 permissions', () => {
  it.each(cells)('$who, $action: $granted', ({ who, action, granted }) => {
    expect(can(who, action)).toBe(granted);
  });

  it('covers every role', () => {
    expect([...roles].sort()).toEqual([...role.options].sort());
  });
});
