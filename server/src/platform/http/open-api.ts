import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { PROTOCOL_VERSION } from '@tandem/protocol';
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
    return document;
  };
  SwaggerModule.setup('api/docs', app, make, {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
    customSiteTitle: 'Tandem REST',
  });
}
