import { createParser } from 'eventsource-parser';

/** Posts the request and calls back with each token; resolves at the end of the answer. */
export async function streamTokens(
  baseUrl: string,
  body: object,
  onToken: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const response = await fetch(`${baseUrl}/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  if (!response.ok || !response.body) throw new Error(`the provider answered ${response.status}`);
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') return;
      const { choices } = JSON.parse(data) as { choices: { text?: string }[] };
      const text = choices[0]?.text ?? '';
      if (text !== '') onToken(text);
    },
  });
  for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }));
}
