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

/** The named schemas that the decorators have met so far: all, once the modules are loaded. */
export function namedSchemas(): Schemas {
  return { ...named };
}

function atComponents(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Schema;
}
