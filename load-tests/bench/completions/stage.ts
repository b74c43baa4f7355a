import { randomUUID } from 'node:crypto';

/** Documents that one account has open: as many connections as anybody would have. */
const DOCUMENTS_PER_ACCOUNT = 5;

/** So many empty documents, of people who registered for it. */
export async function makeDocuments(url: string, count: number): Promise<{ token: string; documentId: string }[]> {
  const documents: { token: string; documentId: string }[] = [];
  while (documents.length < count) {
    const account = { email: `${randomUUID()}@example.org`, password: randomUUID(), displayName: 'Bench' };
    const { accessToken: token } = await post<{ accessToken: string }>(url, '/auth/register', account);
    const { id } = await post<{ id: string }>(url, '/projects', { name: 'Bench' }, token);
    for (let n = 0; n < DOCUMENTS_PER_ACCOUNT && documents.length < count; n += 1) {
      const made = await post<{ id: string }>(url, `/projects/${id}/documents`, { path: `src/part${n}.ts` }, token);
      documents.push({ token, documentId: made.id });
    }
  }
  return documents;
}

async function post<Body>(url: string, path: string, body: object, token?: string): Promise<Body> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}
