import { z } from 'zod';

export const ideSettings = z.strictObject({
  theme: z.enum(['dark', 'light', 'system']).default('system'),
  keymap: z.enum(['default', 'vim', 'emacs']).default('default'),
  fontFamily: z.string().max(120).default(''),
  fontSize: z.number().int().min(8).max(40).default(14),
  tabSize: z.number().int().min(1).max(16).default(2),
  lineWrapping: z.boolean().default(false),
});

export const aiPreferences = z.strictObject({
  trigger: z.enum(['automatic', 'manual']).default('automatic'),
  model: z.string().max(120).nullable().default(null),
  /** How much of one's suggestions others in the room see. */
  visibility: z.enum(['off', 'presence', 'text']).default('text'),
  consentToTraining: z.boolean().default(false),
});

export const profile = z.object({ ideSettings, aiPreferences });
/** PUT replaces both; what is left out of one gets its default. */
export const profileBody = z.strictObject({ ideSettings, aiPreferences });

export type Profile = z.infer<typeof profile>;
export type IdeSettings = z.infer<typeof ideSettings>;
export type AiPreferences = z.infer<typeof aiPreferences>;
