import { loadConfig } from '../config/load-config.js';

/** That of a server without configuration. */
export const ROOM_CAPACITY = loadConfig({}).capacity;
