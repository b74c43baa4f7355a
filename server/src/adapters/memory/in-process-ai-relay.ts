import { LocalRelay } from '../../core/ai/local-relay.js';

/** The relay of a server that is one process. */
export class InProcessAiRelay extends LocalRelay {}
