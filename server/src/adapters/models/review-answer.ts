import { z } from 'zod';

const SEVERITIES = ['error', 'warning', 'information', 'hint'] as const;

/** What the model is asked for. Without limits of length: not every server takes them; they are cut here. */
const remark = z.object({
  line: z.number().nullable().optional(),
  quote: z.string(),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  message: z.string(),
});
const answer = z.strictObject({ findings: z.array(remark.required({ line: true })) });

export type Remark = z.infer<typeof remark>;

/** JSON schema of an answer, in the subset that OpenAI's strict mode takes: all fields required, none besides. */
export const REVIEW_SCHEMA = toStrict(z.toJSONSchema(answer));

export const SEVERITY = { error: 1, warning: 2, information: 3, hint: 4 } as const;

const MOST_OBJECT = 16_384;

/**
 * The remarks of an answer; those of another shape are left out. Takes JSON alone, in a fence or between words, and what is
 * whole of JSON that was cut off. Undefined when there is nothing of that.
 */
export function parseReview(text: string): Remark[] | undefined {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1];
  for (const candidate of [text, fenced]) {
    const list = candidate === undefined ? undefined : listIn(candidate);
    if (list === undefined) continue;
    const remarks = list.map(toRemark).filter((item) => item !== undefined);
    return list.length > 0 && remarks.length === 0 ? undefined : remarks;
  }
  const remarks = objectsIn(text)
    .map(toRemark)
    .filter((item) => item !== undefined);
  return remarks.length === 0 ? undefined : remarks;
}

const toRemark = (item: unknown): Remark | undefined => remark.safeParse(item).data;

function listIn(text: string): unknown[] | undefined {
  const value = parsed(text);
  if (Array.isArray(value)) return value;
  const { findings } = Object(value) as { findings?: unknown };
  return Array.isArray(findings) ? findings : undefined;
}

/** Every object that closes, innermost first. */
function objectsIn(text: string): unknown[] {
  const found: unknown[] = [];
  const starts: number[] = [];
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[{}]/gs)) {
    if (token === '{') starts.push(index);
    if (token !== '}') continue;
    const start = starts.pop();
    if (start === undefined || index - start > MOST_OBJECT) continue;
    found.push(parsed(text.slice(start, index + 1)));
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toStrict({ $schema, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return closed(schema) as Record<string, unknown>;
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, closed(field)] as const);
  const isObject = (value as { type?: unknown }).type === 'object';
  return { ...Object.fromEntries(fields), ...(isObject ? { additionalProperties: false } : {}) };
}
