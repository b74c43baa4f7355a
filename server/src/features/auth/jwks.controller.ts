import type { JsonWebKey } from 'node:crypto';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PublicKeys } from '../../core/access/signing-keys.js';
import { Public } from '../../platform/http/public.decorator.js';

@ApiTags('auth')
@Controller('.well-known')
@Public()
export class JwksController {
  constructor(private readonly keys: PublicKeys) {}

  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  @ApiOperation({ summary: 'The public keys of the access tokens (RFC 7517)' })
  @ApiOkResponse({ description: 'A JWK set' })
  jwks(): Promise<{ keys: JsonWebKey[] }> {
    return this.keys.jwks();
  }
}
