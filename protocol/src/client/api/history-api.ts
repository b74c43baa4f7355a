import type {
  HistoryPage,
  ResetAnswer,
  ResetBody,
  RestoreAnswer,
  RestoreBody,
  Version,
  VersionList,
} from '../../http/history.js';

/** How `TandemApi` asks: signed in, refusals as `TandemError`. */
export interface ApiPort {
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
  text(path: string): Promise<string>;
}

/** A moment of a document: after an update, or at a time by the server's clock (epoch milliseconds). */
export type HistoryMoment = { readonly seq: number } | { readonly at: number };

/**
 * What documents were. Reading needs a role that may read, names and restores one that may write, a reset a maintainer: else
 * `forbidden`, and `not_found` for who is no member. Moments that are older than the days of history are `history_gone`.
 */
export class HistoryApi {
  constructor(private readonly api: ApiPort) {}

  /**
   * Who changed a document and when, newest first, in groups of updates that belong together. `before` of the answer is the
   * `before` of the next page; null: there is nothing before. `limit` counts groups, 1 to 200 (50).
   */
  changes(documentId: string, page: { before?: number; limit?: number } = {}): Promise<HistoryPage> {
    return this.api.json('GET', `/documents/${documentId}/history${queryOf(page)}`);
  }

  /**
   * The text of a document of kind `text` as it was then. Rejects with `bad_request` for a `seq` beyond the head; a time to
   * come is now.
   */
  text(documentId: string, moment: HistoryMoment): Promise<string> {
    return this.api.text(`/documents/${documentId}/text${queryOf(moment)}`);
  }

  /** The moments that have a name, newest first. */
  async versions(documentId: string): Promise<Version[]> {
    return (await this.api.json<VersionList>('GET', `/documents/${documentId}/versions`)).versions;
  }

  /**
   * Names a moment, or now: it is kept until the name is deleted, longer than the days of history. Not safe to repeat: each is
   * another version. Rejects with `too_large` when there are too many.
   */
  addVersion(documentId: string, version: { name: string; seq?: number }): Promise<Version> {
    return this.api.json('POST', `/documents/${documentId}/versions`, version);
  }

  versionText(documentId: string, versionId: string): Promise<string> {
    return this.api.text(`/documents/${documentId}/versions/${versionId}/text`);
  }

  renameVersion(documentId: string, versionId: string, name: string): Promise<Version> {
    return this.api.json('PATCH', `/documents/${documentId}/versions/${versionId}`, { name });
  }

  /** The document itself stays as it is. */
  deleteVersion(documentId: string, versionId: string): Promise<void> {
    return this.api.json('DELETE', `/documents/${documentId}/versions/${versionId}`);
  }

  /**
   * Brings back the text of a moment or a version as an edit. Resolves when it is stored; open editors show it like any edit,
   * and what others type meanwhile stays. Safe to repeat: `changed` is false when there was nothing to do. To undo it, restore
   * `seq` - 1. Rejects with `schema_violation` for a document of kind `free`.
   */
  restore(documentId: string, source: RestoreBody): Promise<RestoreAnswer> {
    return this.api.json('POST', `/documents/${documentId}/restore`, source);
  }

  /**
   * Throws away what everybody has of a document: it begins anew as it was at a moment or in a version, or empty, in a new
   * epoch. Open editors keep a copy of their text for their user (`DocumentProvider.kept`) and open the new one. What was
   * before stays in history. Not safe to repeat: each is another epoch.
   */
  reset(documentId: string, source: ResetBody): Promise<ResetAnswer> {
    return this.api.json('POST', `/documents/${documentId}/reset`, source);
  }
}

const queryOf = (values: object): string => {
  const given = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};
