import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

/** Schemas with a name (`meta({ id })`) stand once, under `components`; that is how one may refer to itself. */
const named: Schemas = {};

/** `schema` in the dialect of OpenAPI 3.1, which is JSON Schema 2020-12. `input` is what is sent, `output` what is answered. */
export function openApiSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema, $defs, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' });
  for (const [name, definition] of Object.entries($defs ?? {})) named[name] = atComponents(definition);
  return atComponents(rest);
}

/** A reference to `schema`, which then stands once under `components`. */
export function openApiReference(name: string, schema: z.ZodType, io: 'input' | 'output'): { $ref: string } {
  named[name] ??= openApiSchema(schema, io);
  return { $ref: `#/components/schemas/${name}` };
}

/** The named schemas that the decorators have met so far: all, once the modules are loaded. */
export function namedSchemas(): Schemas {
  return { ...named };
}

function atComponents(schema: object): Schema {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text, withoutSafeBounds) as Schema;
}

/** The bounds of every safe integer tell a reader nothing. */
function withoutSafeBounds(key: string, value: unknown): unknown {
  if (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) return undefined;
  if (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) return undefined;
  return value;
}
