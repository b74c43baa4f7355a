import { z } from 'zod';
import { analysisProgressEvent, analysisResultEvent, analysisStart, analysisStartAnswer } from './analysis.js';
import { type Answer, empty } from './answer.js';
import { awarenessUpdate } from './awareness.js';
import {
  aiUnavailableEvent,
  completionCancel,
  completionClosedEvent,
  completionDeltaEvent,
  completionDoneEvent,
  completionResolve,
  completionRestartedEvent,
  completionResume,
  completionRetractedEvent,
  completionStart,
  completionStartAnswer,
  completionStartedEvent,
} from './completion.js';
import {
  documentClose,
  documentOpen,
  documentOpenAnswer,
  documentPieceEvent,
  documentResetEvent,
  documentResyncEvent,
  documentRoleEvent,
  documentStatusEvent,
  documentUpdate,
  documentUpdateAnswer,
  documentUpdateEvent,
} from './document.js';
import { projectClose, projectEvent, projectOpen, projectOpenAnswer } from './project.js';
import {
  serverDrain,
  serverError,
  serverHello,
  sessionClosed,
  sessionExpiring,
  sessionRenew,
  sessionRenewAnswer,
} from './session.js';

/** Everything that a client may send; all but `awareness:update` are answered when accepted. */
export const CLIENT_EVENTS = {
  'project:open': { body: projectOpen, answer: projectOpenAnswer },
  'project:close': { body: projectClose, answer: empty },
  'document:open': { body: documentOpen, answer: documentOpenAnswer },
  'document:update': { body: documentUpdate, answer: documentUpdateAnswer },
  'document:close': { body: documentClose, answer: empty },
  'awareness:update': { body: awarenessUpdate, answer: empty },
  'completion:start': { body: completionStart, answer: completionStartAnswer },
  'completion:cancel': { body: completionCancel, answer: empty },
  'completion:resume': { body: completionResume, answer: empty },
  'completion:resolve': { body: completionResolve, answer: empty },
  'analysis:start': { body: analysisStart, answer: analysisStartAnswer },
  'session:renew': { body: sessionRenew, answer: sessionRenewAnswer },
} as const;

/** Everything that the server sends on its own. */
export const SERVER_EVENTS = {
  'server:hello': serverHello,
  'server:drain': serverDrain,
  'server:error': serverError,
  'session:expiring': sessionExpiring,
  'session:closed': sessionClosed,
  'project:event': projectEvent,
  'document:update': documentUpdateEvent,
  'document:piece': documentPieceEvent,
  'document:resync': documentResyncEvent,
  'document:status': documentStatusEvent,
  'document:role': documentRoleEvent,
  'document:reset': documentResetEvent,
  'awareness:update': awarenessUpdate,
  'completion:started': completionStartedEvent,
  'completion:delta': completionDeltaEvent,
  'completion:restarted': completionRestartedEvent,
  'completion:retracted': completionRetractedEvent,
  'completion:done': completionDoneEvent,
  'completion:closed': completionClosedEvent,
  'ai:unavailable': aiUnavailableEvent,
  'analysis:result': analysisResultEvent,
  'analysis:progress': analysisProgressEvent,
} as const;

export type ClientEvent = keyof typeof CLIENT_EVENTS;
export type ServerEvent = keyof typeof SERVER_EVENTS;
/** A request as the sender writes it: bytes may be `Uint8Array` or `ArrayBuffer`. */
export type RequestOf<E extends ClientEvent> = z.input<(typeof CLIENT_EVENTS)[E]['body']>;
/** A request as the receiver reads it. */
export type BodyOf<E extends ClientEvent> = z.output<(typeof CLIENT_EVENTS)[E]['body']>;
export type ResultOf<E extends ClientEvent> = z.output<(typeof CLIENT_EVENTS)[E]['answer']>;
export type EventOf<E extends ServerEvent> = z.output<(typeof SERVER_EVENTS)[E]>;

/** For `Socket<ServerToClientEvents, ClientToServerEvents>` of socket.io-client. */
export type ClientToServerEvents = {
  [E in ClientEvent]: (body: RequestOf<E>, ack?: (answer: Answer<ResultOf<E>>) => void) => void;
};
export type ServerToClientEvents = { [E in ServerEvent]: (body: EventOf<E>) => void };
