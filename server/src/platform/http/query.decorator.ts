import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { z } from 'zod';
import { parseBody } from './parse-body.js';

interface Expected {
  readonly expected: z.ZodType;
}

const Parsed = createParamDecorator(({ expected }: Expected, context: ExecutionContext): unknown =>
  parseBody(expected, { ...context.switchToHttp().getRequest<Request>().query }),
);

/** The query as `schema` reads its texts; refused as a body is, with `bad_request`. */
// Wrapped for the same reason as `JsonBody`.
export const QueryParams = (schema: z.ZodType): ParameterDecorator => Parsed({ expected: schema });
