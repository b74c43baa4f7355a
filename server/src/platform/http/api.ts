import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiResponse } from '@nestjs/swagger';
import { ERRORS, type ErrorCode } from '@tandem/protocol';
import { problem } from '@tandem/protocol/http';
import type { z } from 'zod';
import { openApiReference, openApiSchema } from './open-api-schema.js';

/** Documents an answer: the schema that the protocol gives it. */
export function ApiJson(status: number, schema: z.ZodType, description: string): MethodDecorator {
  return ApiResponse({
    status,
    description,
    content: { 'application/json': { schema: openApiSchema(schema, 'output') } },
  });
}

/** Documents the body; use it beside `@JsonBody` with the same schema. */
export function ApiJsonBody(schema: z.ZodType): MethodDecorator {
  return ApiBody({ required: true, schema: openApiSchema(schema, 'input') });
}

/** Documents the refusals by their codes, gathered by status. */
export function ApiRefusals(...codes: ErrorCode[]): MethodDecorator {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))];
  const responses = statuses.map((status) => {
    const ofStatus = codes.filter((code) => ERRORS[code].status === status);
    return ApiResponse({ status, ...refusalResponse(ofStatus) });
  });
  return applyDecorators(...responses);
}

/** The answer to refusals of one status. */
export function refusalResponse(codes: readonly ErrorCode[]) {
  const schema = openApiReference('Problem', problem, 'output');
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('. '),
    content: { 'application/problem+json': { schema } },
  };
}
