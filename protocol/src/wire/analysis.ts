import { z } from 'zod';
import { bytes, id, seq } from './fields.js';

/** From 0; `character` in UTF-16 units (LSP 3.17). */
const position = z.object({ line: z.number().int().nonnegative(), character: z.number().int().nonnegative() });

/** An LSP diagnostic at `stateVector`, and where it is now: two encoded Yjs relative positions in the text, base64. */
export const diagnostic = z.object({
  range: z.object({ start: position, end: position }),
  /** Error, warning, information, hint. */
  severity: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  /** The rule; switched on and off by this name in `project.configuration.analysisRules`. */
  code: z.string().optional(),
  codeDescription: z.object({ href: z.url() }).optional(),
  source: z.string(),
  message: z.string(),
  /** Unnecessary, deprecated. */
  tags: z.array(z.union([z.literal(1), z.literal(2)])).optional(),
  /** `start` is bound to the first character of the range, `end` to its last: equal when all of it is deleted. */
  anchor: z.object({ start: z.base64(), end: z.base64() }),
});

export const analysisStart = z
  .object({ documentId: id.optional(), projectId: id.optional() })
  .refine(({ documentId, projectId }) => (documentId === undefined) !== (projectId === undefined), {
    error: 'either documentId or projectId',
    path: ['documentId'],
  });

export const analysisStartAnswer = z.object({ runId: id });

/** Replaces what this source said of the document before. */
export const analysisResultEvent = z.object({
  documentId: id,
  source: z.string(),
  runId: id,
  /** The state that was looked at. */
  seq,
  stateVector: bytes,
  diagnostics: z.array(diagnostic),
});

/** Of a run over a project, or of one that was asked for. The last one has another state than `running`. */
export const analysisProgressEvent = z.object({
  runId: id,
  projectId: id,
  done: z.number().int().nonnegative(),
  total: z.number().int().nonnegative(),
  state: z.enum(['running', 'complete', 'cancelled', 'failed']),
});

export type Diagnostic = z.infer<typeof diagnostic>;
export type AnalysisResultEvent = z.infer<typeof analysisResultEvent>;
export type AnalysisProgressEvent = z.infer<typeof analysisProgressEvent>;
