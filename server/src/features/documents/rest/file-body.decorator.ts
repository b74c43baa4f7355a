import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { TandemError } from '@tandem/protocol';
import type { Request } from 'express';
import type { z } from 'zod';
import { initialTextRefusal } from '../../../core/project/initial-text.js';
import { parsePath } from '../../../core/project/paths.js';
import { parseBody } from '../../../platform/http/parse-body.js';

interface Expected {
  readonly expected: z.ZodType;
}

const Parsed = createParamDecorator(({ expected }: Expected, context: ExecutionContext): unknown => {
  const body: unknown = context.switchToHttp().getRequest<Request>().body;
  if (typeof body === 'object' && body !== null) {
    if ('path' in body && typeof body.path === 'string') acceptedPath(body.path);
    if ('text' in body && typeof body.text === 'string') requireText(body.text);
  }
  return parseBody(expected, body);
});

/**
 * A JSON body with the `path`, and perhaps the `text`, of a file. Both are judged before the schema's general bounds
 * speak, so that whatever is wrong with a path is `bad_path` with its reason, and a long text `too_large`.
 */
// Wrapped for the same reason as `JsonBody`.
export const FileBody = (schema: z.ZodType): ParameterDecorator => Parsed({ expected: schema });

/** @throws TandemError `bad_path` that says what is wrong. */
export function acceptedPath(raw: string): { path: string; pathKey: string } {
  const parsed = parsePath(raw);
  if (!parsed.ok) throw new TandemError('bad_path', parsed.reason);
  return { path: parsed.path, pathKey: parsed.key };
}

function requireText(text: string): void {
  const refusal = initialTextRefusal(text);
  if (refusal !== undefined) throw new TandemError(refusal.code, refusal.reason, refusal.details);
}
