import { tokenize } from '../../server/dist/core/ai/ngram/tokenizer.js';
import type { Line, Subject } from './subject.ts';

const ORDER = 6;
const FILE_CACHE_WEIGHT = 6;
/** Shorter contexts stop adding candidates when there are this many: their scores would be the lowest. */
const ENOUGH_CANDIDATES = 64;
/** Of a context with more followers, those seen first are tried: they are mostly the frequent ones. */
const TRIED_FOLLOWERS = 256;
const BEAM = 5;
const BRANCHES = 5;

interface Followers {
  readonly counts: Map<number, number>;
  total: number;
}

/** Counts of what follows each context of 0 to ORDER - 1 tokens. */
class Counts {
  private readonly orders = Array.from({ length: ORDER }, () => new Map<string, Followers>());

  add(history: readonly number[], end: number, token: number): void {
    for (let order = 0; order < ORDER && order <= end; order++) {
      const key = history.slice(end - order, end).join();
      let followers = this.orders[order]!.get(key);
      if (!followers) {
        followers = { counts: new Map(), total: 0 };
        this.orders[order]!.set(key, followers);
      }
      followers.counts.set(token, (followers.counts.get(token) ?? 0) + 1);
      followers.total++;
    }
  }

  after(order: number, key: string): Followers | undefined {
    return this.orders[order]!.get(key);
  }
}

/** The plain model to beat: a 6-gram with Maps, Witten-Bell interpolation, and the open file's own counts six times. */
export class MapBaseline implements Subject {
  private readonly ids = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly project = new Counts();
  private file = new Counts();
  private history: number[] = [];

  train(_path: string, text: string): void {
    const tokens = tokenize(text).map((token) => this.id(token));
    for (let i = 0; i < tokens.length; i++) this.project.add(tokens, i, tokens[i]!);
  }

  open(): void {
    this.file = new Counts();
    this.history = [];
  }

  type(token: string): void {
    const id = this.id(token);
    this.file.add(this.history, this.history.length, id);
    this.history.push(id);
  }

  nextTokens(limit: number): string[] {
    return this.ranked(this.history.slice(1 - ORDER), limit).map(([id]) => this.texts[id]!);
  }

  completeWord(typed: string): string | undefined {
    const [best] = this.ranked(this.history.slice(1 - ORDER), 1, typed);
    return best && this.texts[best[0]];
  }

  completeLine(maxTokens: number, typed = ''): Line | undefined {
    return this.search(maxTokens, typed, 1).line;
  }

  /** The same choice as the embedded model has: a whole line that is probable enough, or its longest part that is. */
  offer(maxTokens: number, typed: string, threshold: number): Line | undefined {
    const { line, part } = this.search(maxTokens, typed, threshold);
    return line && line.probability >= threshold ? line : part;
  }

  /** Beam search: the most probable line among those that the beam holds, and the longest probable beginning of one. */
  private search(maxTokens: number, typed: string, threshold: number): { line?: Line; part?: Line } {
    let beam = [{ history: this.history.slice(1 - ORDER), tokens: [] as number[], probability: 1 }];
    let best: Line | undefined;
    let part: Line | undefined;
    const lineOf = (tokens: readonly number[], probability: number): Line => {
      const text = tokens.map((token) => this.texts[token]).join('');
      return { text: text.slice(typed.length), probability };
    };
    for (let length = 0; length <= maxTokens && beam.length > 0; length++) {
      const next: typeof beam = [];
      for (const { history, tokens, probability } of beam) {
        for (const [id, p] of this.ranked(history, BRANCHES, length === 0 ? typed : '')) {
          const reached = probability * p;
          if (best && reached <= best.probability) continue;
          const text = this.texts[id]!;
          if (text === '\n' || text === '\r\n') best = lineOf(tokens, reached);
          else {
            next.push({
              history: [...history, id].slice(1 - ORDER),
              tokens: [...tokens, id],
              probability: reached,
            });
          }
        }
      }
      beam = next.sort((a, b) => b.probability - a.probability).slice(0, BEAM);
      if (beam[0] && beam[0].probability >= threshold) part = lineOf(beam[0].tokens, beam[0].probability);
    }
    return { ...(best && { line: best }), ...(part && { part }) };
  }

  /** `typed`: only tokens that begin so, all that are known, and the probabilities are among them. */
  private ranked(history: readonly number[], limit: number, typed = ''): [number, number][] {
    const levels: { project: Followers | undefined; file: Followers | undefined; types: number; total: number }[] = [];
    for (let order = 0; order < ORDER && order <= history.length; order++) {
      const key = history.slice(history.length - order).join();
      const project = this.project.after(order, key);
      const file = this.file.after(order, key);
      if (!project && !file) break;
      const types = Math.max(project?.counts.size ?? 0, file?.counts.size ?? 0);
      levels.push({ project, file, types, total: (project?.total ?? 0) + FILE_CACHE_WEIGHT * (file?.total ?? 0) });
    }
    const candidates = new Set<number>();
    for (let order = levels.length - 1; order >= 0 && (typed !== '' || candidates.size < ENOUGH_CANDIDATES); order--) {
      for (const followers of [levels[order]!.project, levels[order]!.file]) {
        let left = TRIED_FOLLOWERS;
        for (const id of followers?.counts.keys() ?? []) {
          if (typed === '' && left-- === 0) break;
          if (this.texts[id]!.startsWith(typed)) candidates.add(id);
        }
      }
    }
    const scored: [number, number][] = [];
    for (const id of candidates) {
      let probability = 0;
      for (const { project, file, types, total } of levels) {
        const count = (project?.counts.get(id) ?? 0) + FILE_CACHE_WEIGHT * (file?.counts.get(id) ?? 0);
        probability = (count + types * probability) / (total + types);
      }
      scored.push([id, probability]);
    }
    if (typed !== '') {
      const all = scored.reduce((sum, [, probability]) => sum + probability, 0);
      for (const one of scored) one[1] /= all;
    }
    return scored.sort((a, b) => b[1] - a[1]).slice(0, limit);
  }

  private id(token: string): number {
    let id = this.ids.get(token);
    if (id === undefined) {
      id = this.texts.push(token) - 1;
      this.ids.set(token, id);
    }
    return id;
  }
}
