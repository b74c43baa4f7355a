import { z } from 'zod';
import { clientId, id } from './fields.js';

/** The author of accepted AI text: which suggestion, and which struct range holds it. */
export const provenance = z.object({
  completionId: id,
  client: clientId,
  clock: z.number().int().nonnegative(),
  length: z.number().int().positive(),
});

export type Provenance = z.infer<typeof provenance>;
