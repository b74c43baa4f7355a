import { z } from 'zod';
import { clientId, id, seq, time } from '../wire/fields.js';

/** A model that completions may be asked of. */
export const aiModel = z.object({
  name: z.string(),
  /** `statistical`: counts of the project's own text, on the server itself. `language`: a language model elsewhere. */
  kind: z.enum(['statistical', 'language']),
  /** For people: what it is. */
  description: z.string(),
  isDefault: z.boolean(),
});
export const aiModelList = z.object({ models: z.array(aiModel) });

/** A piece of the document that was accepted from a suggestion; its ids are those of Yjs structs. */
export const attribution = z.object({
  completionId: id,
  client: clientId,
  clock: z.number().int().nonnegative(),
  length: z.number().int().positive(),
  /** Who accepted it, and when it was stored. */
  userId: id,
  displayName: z.string(),
  acceptedAt: time,
  seq,
  model: z.string(),
});
export const attributionList = z.object({ attributions: z.array(attribution) });

export type AiModel = z.infer<typeof aiModel>;
export type Attribution = z.infer<typeof attribution>;
