import { ModelProvider } from './model-provider.js';

/** A model that knows a project's files and nothing of any other's. */
export abstract class LearningModel extends ModelProvider {
  /** The file as it is now; replaces what was known of it. */
  abstract learn(projectId: string, file: { documentId: string; path: string; text: string }): Promise<void>;
  abstract forget(projectId: string, documentId: string): Promise<void>;
  /** False: nothing is known of the project, or not any more, and all has to be learned (again). */
  abstract knows(projectId: string): boolean;
}
