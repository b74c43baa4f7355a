import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Scope } from '@tandem/protocol/http';

export const SCOPE = Symbol('scope');
/** Of a route in the description of the interface. */
export const SCOPE_EXTENSION = 'x-tandem-scope';

/** `any`: for tokens of whatever scope. */
export type RouteScope = Scope | 'any';

/**
 * What a token with scopes (a personal access token) must have been made for to call the route; of a class, for all its
 * routes that say nothing else. Every route that is not `@Public()` says it, else such tokens are refused.
 */
export const NeedsScope = (scope: RouteScope): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(SCOPE, scope), ApiExtension(SCOPE_EXTENSION, scope));
