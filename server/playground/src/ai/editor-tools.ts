import type { Extension } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import { AutoComplete, type AutoCompletePort, type DocumentProvider } from '@tandem/protocol/client';
import { computed } from '../base/signal.js';
import type { Person } from '../presence/person.js';
import { problemMarks } from '../problems/problem-marks.js';
import { safeColor } from '../ui/avatar.js';
import { messageOf, tell } from '../ui/toasts.js';
import type { OpenDocument } from '../workspace/open-document.js';
import type { Workplace } from '../workspace/workplace.js';
import { aiPreferences, aiTextShown } from './ai-preferences.js';
import type { Assistance } from './assistance.js';
import { attributionMarks } from './attribution-marks.js';
import { automaticSuggestions } from './automatic.js';
import { ghostText } from './ghost-text.js';
import type { ProjectAttributions } from './project-attributions.js';

/** How many alternatives somebody is offered who asks for them. */
const BY_HAND = 3;

const isAutomatic = computed(() => aiPreferences.value.trigger === 'automatic');

/** Suggestions, the marks of accepted ones, and problems, for the editor of one document. */
export function editorTools(
  document: OpenDocument,
  { userNames }: Workplace,
  assistance: Assistance,
  attributions: ProjectAttributions,
): Extension {
  const { suggestions, diagnostics } = document;
  const port = followed(document.provider, assistance);
  let policy: AutoComplete | undefined;
  const makePolicy = () => {
    policy = new AutoComplete({ provider: port });
    return policy;
  };
  const ask = (view: EditorView) => {
    // Who asks hears in any case what became of it; typing goes on without words.
    policy?.ask(view.state.selection.main.head).done.then(
      ({ outcome, texts, unavailable }) => {
        if (outcome === 'failed') tell(unavailable?.message ?? 'There is no suggestion now');
        else if (outcome === 'complete' && texts.every((text) => text === '')) tell('Nothing to suggest here');
      },
      (error: unknown) => tell(messageOf(error)),
    );
  };
  const nameOf = (userId: string): Person =>
    userNames.of(userId) ?? { id: userId, name: 'Somebody', color: safeColor(undefined) };
  const { all } = attributions.of(document.documentId);
  return [
    ghostText({ suggestions, nameOf, ask }),
    automaticSuggestions(makePolicy, isAutomatic),
    attributionMarks(all, aiTextShown),
    problemMarks(diagnostics),
  ];
}

/** The provider, with every request shown in the status line until it ends. */
function followed(provider: DocumentProvider, assistance: Assistance): AutoCompletePort {
  return {
    get canEdit() {
      return provider.canEdit;
    },
    get synced() {
      return provider.synced;
    },
    get text() {
      return provider.text;
    },
    get suggestions() {
      return provider.suggestions;
    },
    complete(options) {
      const stream = provider.complete(options.trigger === 'manual' ? { ...options, count: BY_HAND } : options);
      assistance.follow(stream);
      return stream;
    },
  };
}
