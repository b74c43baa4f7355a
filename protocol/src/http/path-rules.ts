import { z } from 'zod';
import { id } from '../wire/fields.js';

const names = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.');

/**
 * What editors may do under a path. Patterns are meant from the project's root: `docs/` is that folder with all in it, `**` the
 * whole project; `*` and `?` stand for characters of one name, `**` for any folders. Upper and lower case are one, as in paths.
 */
export const pathRule = z.strictObject({
  path: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((path) => names(path).length > 0, 'The pattern names nothing'),
  /** `read`: the text can be read and not be changed. `write`: makes an exception of a rule before it. */
  access: z.enum(['read', 'write']),
  /** Whom it is for; null: every editor, guests among them. */
  userId: id.nullable().default(null),
});

/** Of those that fit, the last one holds; where none does, editors may write. Maintainers and owners are past them. */
const pathRules = z.array(pathRule).max(100);

export const pathRuleList = z.object({
  rules: pathRules,
  /** Rises with every change. */
  version: z.number().int().nonnegative(),
});
export const pathRulesBody = z.strictObject({
  rules: pathRules,
  /** The one that was read: when somebody has changed the rules since, nothing is changed (`outdated`). */
  version: z.number().int().nonnegative().optional(),
});

export type PathRule = z.infer<typeof pathRule>;
export type PathRuleList = z.infer<typeof pathRuleList>;
