import * as Y from 'yjs';
import type { AnalysisResultEvent, Diagnostic } from '../../wire/analysis.js';
import { Emitter } from '../emitter.js';
import { anchorOf, type DiagnosticAnchor, resolveRanges } from './diagnostic-ranges.js';
import type { StateVector, TextView } from './text-view.js';

/** A diagnostic where it is in the text of now. Offsets in UTF-16 units. */
export interface ResolvedDiagnostic {
  readonly from: number;
  /** Equal to `from` where it speaks of a place between characters. */
  readonly to: number;
  /** Error, warning, information, hint. */
  readonly severity: 1 | 2 | 3 | 4;
  readonly code?: string;
  /** Where the rule is described. */
  readonly href?: string;
  readonly source: string;
  readonly message: string;
  /** Unnecessary, deprecated. */
  readonly tags?: readonly (1 | 2)[];
}

export interface DiagnosticsEvents {
  /** There are others, or the text is another one; read `list`. */
  change: undefined;
}

/** What one source said last. */
interface SourceResult {
  readonly seq: number;
  readonly state: StateVector;
  readonly diagnostics: readonly Omit<ResolvedDiagnostic, 'from' | 'to'>[];
  readonly anchors: readonly DiagnosticAnchor[];
}

/** What analyzers say of one document, moved with its text (ANA-10, ANA-11). */
export class Diagnostics {
  private readonly events = new Emitter<DiagnosticsEvents>();
  private readonly results = new Map<string, SourceResult>();
  private resolved: readonly ResolvedDiagnostic[] | undefined;
  private isScheduled = false;

  /** For the provider. */
  constructor(private readonly view: TextView) {}

  /** In the order of the text. Resolved when it is read, once for each text: 200 of them in one walk over it. */
  get list(): readonly ResolvedDiagnostic[] {
    this.resolved ??= [...this.results.values()]
      .flatMap((result) => this.resolve(result))
      .sort((a, b) => a.from - b.from || a.to - b.to);
    return this.resolved;
  }

  /** `change` is told once for all that happens in one tick. */
  on<E extends keyof DiagnosticsEvents>(event: E, listener: (payload: DiagnosticsEvents[E]) => void): () => void {
    return this.events.on(event, listener);
  }

  /** For the provider. Throws, and changes nothing, where an anchor does not decode. */
  receive({ source, seq, stateVector, diagnostics }: AnalysisResultEvent): void {
    const known = this.results.get(source);
    if (known && seq < known.seq) return;
    this.results.set(source, {
      seq,
      state: Y.decodeStateVector(stateVector),
      anchors: diagnostics.map(anchorOf),
      diagnostics: diagnostics.map(described),
    });
    this.stale();
  }

  /** For the provider: the document began anew, and its `seq` with it. */
  clear(): void {
    if (this.results.size === 0) return;
    this.results.clear();
    this.stale();
  }

  /** For the provider: the text is another one. */
  changed(): void {
    if (this.results.size > 0) this.stale();
  }

  private stale(): void {
    this.resolved = undefined;
    if (this.isScheduled) return;
    this.isScheduled = true;
    queueMicrotask(() => {
      this.isScheduled = false;
      this.events.emit('change', undefined);
    });
  }

  /** Nothing before the text that was looked at is here. */
  private resolve({ state, anchors, diagnostics }: SourceResult): ResolvedDiagnostic[] {
    if (!this.view.covers(state)) return [];
    const ranges = resolveRanges(this.view, anchors, state);
    return diagnostics.flatMap((diagnostic, i) => (ranges[i] ? [{ ...ranges[i], ...diagnostic }] : []));
  }
}

const described = ({ severity, code, codeDescription, source, message, tags }: Diagnostic) => ({
  severity,
  ...(code !== undefined && { code }),
  ...(codeDescription && { href: codeDescription.href }),
  source,
  message,
  ...(tags && { tags }),
});
