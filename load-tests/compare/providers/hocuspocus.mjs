import { HocuspocusProvider } from '@hocuspocus/provider';
import { around, newDoc } from './y-doc.mjs';

export async function join({ port, name, clientId }) {
  const document = newDoc(clientId);
  const provider = new HocuspocusProvider({ url: `ws://127.0.0.1:${port}`, name, document, token: 'none' });
  await new Promise((resolve) => provider.on('synced', resolve));
  return around(document, () => {
    provider.destroy();
    provider.configuration.websocketProvider.destroy();
  });
}
