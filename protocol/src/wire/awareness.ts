import { z } from 'zod';
import { bytes, id } from './fields.js';

/**
 * Both ways: a y-protocols awareness update. From a client it may hold only its own client id; the server overwrites
 * `user` in each state with `{ id, name, color, colorLight }` of the token's user.
 */
export const awarenessUpdate = z.object({ documentId: id, update: bytes });

export type AwarenessUpdate = z.infer<typeof awarenessUpdate>;
