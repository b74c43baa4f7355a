import { TandemClient } from '@tandem/protocol/client';
import type { RealClient } from './real-client.ts';

/** Tandem's own SDK. */
export async function joinSdk(url: string, token: string, documentId: string, clientId: number): Promise<RealClient> {
  const client = new TandemClient({ url, token });
  // Its own Y.Doc, which is of the workspace's copy of Yjs; the id is told when the document is opened.
  const provider = client.openDocument(documentId);
  provider.doc.clientID = clientId;
  await client.connect();
  await provider.whenSynced();
  return {
    text: () => provider.text.toString(),
    insert: (index, text) => provider.text.insert(index, text),
    close: () => client.close(),
  };
}
