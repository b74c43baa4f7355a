import { z } from 'zod';
import { id, role, time } from '../wire/fields.js';
import { email } from './auth.js';

export const projectName = z.string().trim().min(1).max(120);

export const projectConfiguration = z.strictObject({
  /** Analysis rules switched on or off by name. */
  analysisRules: z.record(z.string().max(120), z.boolean()).default({}),
  /** What others in the room see of a suggestion. */
  suggestionSharing: z.enum(['off', 'presence', 'text']).default('text'),
  guests: z.boolean().default(false),
  /** Days of history; null is the server's default. */
  historyDays: z.number().int().min(1).max(3650).nullable().default(null),
});

export const aiContext = z.strictObject({
  instructions: z.string().max(16_384).default(''),
  pinnedPaths: z.array(z.string().max(1024)).max(100).default([]),
  excludedPaths: z.array(z.string().max(1024)).max(1000).default([]),
  model: z.string().max(120).nullable().default(null),
});

export const projectBody = z.strictObject({
  name: projectName,
  configuration: projectConfiguration.optional(),
  aiContext: aiContext.optional(),
});
export const projectPatch = projectBody.partial();

export const project = z.object({
  id,
  name: z.string(),
  role,
  configuration: projectConfiguration,
  aiContext,
  createdAt: time,
});
export const projectList = z.object({ projects: z.array(project) });

export const memberBody = z.strictObject({ email, role });
export const memberPatch = z.strictObject({ role });
export const member = z.object({ userId: id, email: z.string().nullable(), displayName: z.string(), role });
export const memberList = z.object({ members: z.array(member) });

export type Project = z.infer<typeof project>;
export type Member = z.infer<typeof member>;
