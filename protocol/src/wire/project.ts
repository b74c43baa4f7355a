import { z } from 'zod';
import { documentKind, id, role } from './fields.js';

export const projectOpen = z.object({ projectId: id });
export const projectClose = z.object({ projectId: id });

export const documentEntry = z.object({ id, path: z.string(), kind: documentKind });
export const projectOpenAnswer = z.object({ role, documents: z.array(documentEntry) });

const member = z.object({ userId: id, displayName: z.string(), role });

/** Something about the project changed; `type` says what. */
export const projectEvent = z.discriminatedUnion('type', [
  z.object({ projectId: id, type: z.literal('document.created'), document: documentEntry }),
  z.object({ projectId: id, type: z.literal('document.moved'), document: documentEntry }),
  z.object({ projectId: id, type: z.literal('document.deleted'), documentId: id }),
  z.object({ projectId: id, type: z.literal('member.added'), member }),
  z.object({ projectId: id, type: z.literal('member.changed'), member }),
  z.object({ projectId: id, type: z.literal('member.removed'), userId: id }),
  z.object({ projectId: id, type: z.literal('project.changed'), name: z.string() }),
  z.object({ projectId: id, type: z.literal('project.deleted') }),
]);

export type DocumentEntry = z.infer<typeof documentEntry>;
export type ProjectEvent = z.infer<typeof projectEvent>;
export type ProjectOpenAnswer = z.infer<typeof projectOpenAnswer>;
