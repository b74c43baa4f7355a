import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { z } from 'zod';
import { parseBody } from './parse-body.js';

export { UuidParam } from './uuid-param.decorator.js';

interface Expected {
  readonly expected: z.ZodType;
}

const Parsed = createParamDecorator(({ expected }: Expected, context: ExecutionContext): unknown =>
  parseBody(expected, context.switchToHttp().getRequest<Request>().body),
);

/** The JSON body as `schema` reads it; refused with `bad_request` and a list of the wrong fields. */
// Wrapped, as Nest takes a bare zod schema for a pipe (both have `transform`), and `{ schema }` for options of its own.
export const JsonBody = (schema: z.ZodType): ParameterDecorator => Parsed({ expected: schema });
