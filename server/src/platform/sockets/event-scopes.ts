import type { ClientEvent } from '@tandem/protocol';
import type { RouteScope } from '../http/scope.decorator.js';

/**
 * What a token with scopes (a personal access token) must have been made for to send an event: as `NeedsScope` of REST. A new
 * event does not compile without its line.
 */
export const EVENT_SCOPES: Record<ClientEvent, RouteScope> = {
  'project:open': 'read',
  'project:close': 'read',
  'document:open': 'read',
  'document:update': 'write',
  'document:close': 'read',
  // Where somebody looks is seen by those who see him: who may read is in the room.
  'awareness:update': 'read',
  'completion:start': 'ai',
  'completion:cancel': 'ai',
  // What others have asked for is shown to all who read.
  'completion:resume': 'read',
  'completion:resolve': 'ai',
  'analysis:start': 'ai',
  'session:renew': 'any',
};
