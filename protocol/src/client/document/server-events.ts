import type { EventOf, ServerEvent } from '../../wire/events.js';
import type { MachineEvent } from './machine-events.js';

/** What an event of the server means to the machine; undefined for events that it does not hear. */
export const toMachineEvent = (event: ServerEvent, body: never): MachineEvent | undefined => {
  switch (event) {
    case 'document:update':
      return { type: 'frame', ...(body as EventOf<typeof event>) };
    case 'document:piece':
      return { type: 'piece', ...(body as EventOf<typeof event>) };
    case 'document:resync':
      return { type: 'resync', ...(body as EventOf<typeof event>) };
    case 'document:status':
      return { type: 'server-status', ...(body as EventOf<typeof event>) };
    case 'document:role':
      return { type: 'role', role: (body as EventOf<typeof event>).role };
    case 'document:reset':
      return { type: 'reset', epoch: (body as EventOf<typeof event>).epoch };
    default:
      return undefined;
  }
};
