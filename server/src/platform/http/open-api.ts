import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { PROTOCOL_VERSION } from '@tandem/protocol';
import { refusalResponse } from './api.js';
import { namedSchemas } from './open-api-schema.js';

/** The description of the REST interface, for people at `/api/docs` and for programs at `/api/openapi.json`. */
export function serveOpenApi(app: INestApplication): void {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tandem')
    .setDescription('REST beside the sockets. Errors are RFC 9457 problem details; `code` is what programs read.')
    .setVersion(String(PROTOCOL_VERSION))
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description:
        'The access token of a sign-in (a JWT), or a personal access token (`tdm_...`). `x-tandem-scope` of a route is what a personal access token must have been made for; else `403 insufficient_scope`.',
    })
    .build();
  const make = () => {
    const document = SwaggerModule.createDocument(app, about);
    document.components = { ...document.components, schemas: { ...document.components?.schemas, ...namedSchemas() } };
    addAccountLimit(document);
    return document;
  };
  SwaggerModule.setup('api/docs', app, make, {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
    customSiteTitle: 'Tandem REST',
  });
}

/** What needs a sign-in counts for its account: said once, for all routes. */
function addAccountLimit({ paths }: OpenAPIObject): void {
  const operations = Object.values(paths).flatMap(({ get, put, post, patch, delete: remove }) =>
    [get, put, post, patch, remove].filter((operation) => operation !== undefined),
  );
  for (const { responses, security } of operations) {
    if (security) responses['429'] ??= refusalResponse(['rate_limited']);
  }
}
